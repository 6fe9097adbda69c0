"""What customers say and ask: reviews, themes, promises, the question coverage matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.metrics import MIN_REVIEWS, MIN_THEME
from reports import labels
from reports.model import (
    Promise,
    Question,
    Questions,
    RatingPoint,
    ReviewSource,
    Theme,
    ThemeVoice,
    Voice,
)
from reports.phrases import said
from reports.units import format_value

if TYPE_CHECKING:
    from reports.ground import Ground, Row
    from reports.locale import Words

__all__ = ["promise_rows", "question_matrix", "voice_of_customers"]

_QUESTIONS_PER_LIST = 40
# Stars of 5 from any scale; where a page states no scale it is 1 to 5.
_LOW, _HIGH = "coalesce(rating_min, 1)", "coalesce(rating_max, 5)"
_STARS = f"1 + 4.0 * (rating - {_LOW}) / ({_HIGH} - {_LOW})"
_HAS_STARS = f"{_HIGH} > {_LOW} and rating between {_LOW} and {_HIGH}"


# A review that stands on two pages of a brand counts once; the analysis says which those are.
_ONCE = """(
    select r.rowid from reviews r left join review_scores s on s.review_id = r.id
    where r.{} = ? and coalesce(s.is_repeat, 0) = 0)"""
_ONCE_A_BRAND, _ONCE_A_RUN = _ONCE.format("brand_id"), _ONCE.format("run_id")


def voice_of_customers(ground: Ground) -> Voice:
    """Themes of the market and ours, review sources by brand, mean rating by quarter."""
    sources = tuple(_source(ground, brand) for brand in ground.compared)
    scored, read = sum(s.scored for s in sources), sum(s.read for s in sources)
    themes, over_time = _themes(ground, scored), _over_time(ground)
    return Voice("", themes, "", sources, "", over_time, "", _note(ground.words, read, scored))


def _note(words: Words, read: int, scored: int) -> str:
    if not read:
        return words.t("No review was read in this run.")
    return words.n(
        "{n} review read, themes and sentiment known for {scored}. A sample of what each site "
        "shows, never all of its reviews.",
        "{n} reviews read, themes and sentiment known for {scored}. A sample of what each site "
        "shows, never all of its reviews.",
        read,
        scored=scored,
    )


_THEMES = f"""
    select t.key as theme, t.value as polarity, s.brand_id, count(*) as n
    from review_scores s, json_each(s.themes) t
    where s.review_id in (select id from reviews where rowid in {_ONCE_A_RUN})
      and t.value in ('positive', 'neutral', 'negative')
    group by 1, 2, 3"""


def _themes(ground: Ground, scored: int) -> tuple[Theme, ...]:
    own_id = ground.own["id"] if ground.own else None
    compared = {b["id"] for b in ground.compared}
    counts: dict[str, dict[bool, dict[str, int]]] = {}
    for row in ground.rows(_THEMES, ground.run_id):
        if row["brand_id"] in compared:
            sides = counts.setdefault(row["theme"], {True: {}, False: {}})
            side = sides[row["brand_id"] == own_id]
            side[row["polarity"]] = side.get(row["polarity"], 0) + row["n"]
    themes = [
        _theme(ground.words, key, sides[False], sides[True], scored)
        for key, sides in counts.items()
    ]
    return tuple(sorted(themes, key=lambda t: (-_mentions(t.market) - _mentions(t.own), t.key)))


def _theme(
    words: Words, key: str, market: dict[str, int], own: dict[str, int], scored: int
) -> Theme:
    own_voice = _theme_voice(own)
    why = ""
    if own_voice.net is None:
        why = words.t("too few") if own else words.t("not mentioned")
    mentions = sum(market.values()) + sum(own.values())
    importance = mentions / scored if scored else 0.0
    name = labels.label(key, words)
    return Theme(key, name, importance, _theme_voice(market), own_voice, why)


def _theme_voice(counts: dict[str, int]) -> ThemeVoice:
    positive, neutral, negative = (
        counts.get(polarity, 0) for polarity in ("positive", "neutral", "negative")
    )
    n = positive + neutral + negative
    net = (positive - negative) / n if n >= MIN_THEME else None
    return ThemeVoice(positive, neutral, negative, net)


def _mentions(voice: ThemeVoice) -> int:
    return voice.positive + voice.neutral + voice.negative


_SOURCE = f"""
    select count(*) as n, count(case when {_HAS_STARS} then 1 end) as rated,
           avg(case when {_HAS_STARS} then {_STARS} end) as mean,
           min(date) as oldest, max(date) as newest
    from reviews where rowid in {_ONCE_A_BRAND}"""
_STATED = """
    select value, min, max, count from ratings where brand_id = ?
    order by count desc nulls last, id limit 1"""
_LANGUAGES = f"""
    select language, count(*) as n, count(sentiment) as scored from review_scores
    where review_id in (select id from reviews where rowid in {_ONCE_A_BRAND})
    group by language order by n desc"""


def _source(ground: Ground, brand: Row) -> ReviewSource:
    row = next(ground.rows(_SOURCE, brand["id"]))
    stated = next(ground.rows(_STATED, brand["id"]), None)
    languages = list(ground.rows(_LANGUAGES, brand["id"]))
    mean = row["mean"] if row["rated"] >= MIN_REVIEWS else None
    return ReviewSource(
        domain=brand["domain"],
        role=brand["role"],
        read=row["n"],
        rated=row["rated"],
        mean=mean,
        mean_text=_mean_text(mean, row["rated"], ground.words),
        stated=_stars_of_five(stated),
        stated_count=stated["count"] if stated else None,
        stated_text=_stated_text(stated, ground.words),
        oldest=row["oldest"],
        newest=row["newest"],
        languages=tuple(entry["language"] for entry in languages if entry["language"]),
        scored=sum(entry["scored"] for entry in languages),
    )


def _mean_text(mean: float | None, rated: int, words: Words) -> str:
    if mean is not None:
        return format_value(mean, "stars", words)
    return words.t("too few") if rated else words.t("not seen")


def _stars_of_five(stated: Row | None) -> float | None:
    """A stated rating on the scale from 1 to 5; scales that begin at 0 keep their zero."""
    if stated is None:
        return None
    top = stated["max"] or 5
    if stated["min"]:
        return float(1 + 4 * (stated["value"] - stated["min"]) / (top - stated["min"]))
    return float(5 * stated["value"] / top)


def _stated_text(stated: Row | None, words: Words) -> str:
    if stated is None:
        return words.t("states none")
    value, top = (words.plain(number) for number in (stated["value"], stated["max"] or 5))
    if not stated["count"]:
        return words.t("{part} of {all}", part=value, all=top)
    return words.t("{part} of {all} from {n}", part=value, all=top, n=stated["count"])


_QUARTERS = f"""
    select substr(date, 1, 4) || ' Q' || ((cast(substr(date, 6, 2) as integer) + 2) / 3) as period,
           brand_id = ? as is_own, avg({_STARS}) as mean, count(*) as n
    from reviews
    where rowid in {_ONCE_A_RUN} and {_HAS_STARS} and length(date) >= 7
      and brand_id in (select id from brands where run_id = ? and role in ('own', 'competitor'))
    group by 1, 2 order by 1"""


def _over_time(ground: Ground) -> tuple[RatingPoint, ...]:
    own_id = ground.own["id"] if ground.own else ""
    quarters: dict[str, dict[bool, Row]] = {}
    for row in ground.rows(_QUARTERS, own_id, ground.run_id, ground.run_id):
        quarters.setdefault(row["period"], {})[bool(row["is_own"])] = row
    none: Row = {"mean": None, "n": 0}
    return tuple(
        RatingPoint(
            period,
            sides.get(True, none)["mean"],
            sides.get(True, none)["n"],
            sides.get(False, none)["mean"],
            sides.get(False, none)["n"],
        )
        for period, sides in list(quarters.items())[-12:]
    )


def question_matrix(ground: Ground) -> Questions:
    """The market's questions by who answers them, most asked first."""
    by_coverage: dict[str, list[Question]] = {}
    words, answering = ground.words, _answering(ground)
    compared = 0
    sql = "select * from questions where run_id = ? order by position, id"
    for row in ground.rows(sql, ground.run_id):
        compared += 1
        listed = by_coverage.setdefault(row["coverage"], [])
        if len(listed) < _QUESTIONS_PER_LIST:
            domains = answering.get(row["id"], ())
            listed.append(
                Question(
                    row["text"],
                    labels.in_sentence(labels.label(row["topic"] or "", words), words),
                    row["language"],
                    row["asked"],
                    domains,
                )
            )
    shared = [*by_coverage.get("everybody", []), *by_coverage.get("some", [])]
    return Questions(
        title="",
        compared=compared,
        columns=tuple(b["domain"] for b in ground.compared),
        we_miss=tuple(by_coverage.get("we_miss", [])),
        only_we=tuple(by_coverage.get("only_we", [])),
        nobody=tuple(by_coverage.get("nobody", [])),
        shared=tuple(shared),
        note=_question_note(ground, compared),
    )


_ANSWERING = """
    select distinct w.question_id, b.domain
    from question_wordings w join brands b on b.id = w.brand_id
    where w.run_id = ? and w.answered = 1 order by b.domain"""


def _answering(ground: Ground) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for row in ground.rows(_ANSWERING, ground.run_id):
        found[row["question_id"]] = (*found.get(row["question_id"], ()), row["domain"])
    return found


def _question_note(ground: Ground, compared: int) -> str:
    if not compared:
        return ground.words.t("No questions could be compared in this run.")
    unread = [
        b["domain"]
        for b in ground.compared
        if not next(
            ground.rows(
                "select 1 as seen from pages where brand_id = ? and state = 'ok' limit 1", b["id"]
            ),
            None,
        )
    ]
    note = ground.words.t(
        "Questions come from the FAQs read and from the search results; wordings are grouped. "
        "Listed as answered by one side only are questions on core topics, of several rivals or of "
        "searchers, where nothing near was read of the other side."
    )
    if not unread:
        return note
    silent = ground.words.list(unread)
    return f"{note} " + ground.words.t("Not read, so silent here: {brands}.", brands=silent)


def promise_rows(ground: Ground) -> tuple[Promise, ...]:
    """Promises against experience: contradicted ones first."""
    sql = """select * from promises where run_id = ?
             order by verdict != 'contradicted', verdict != 'kept', n desc, id"""
    return tuple(
        Promise(
            domain=ground.domain(row["brand_id"]) or "",
            kind=labels.label(row["kind"], ground.words),
            promise=said(row["promise"], ground.words),
            experience=said(row["experience"], ground.words),
            verdict=row["verdict"],
            n=row["n"],
            evidence=ground.book.cite([row["id"]]),
        )
        for row in ground.rows(sql, ground.run_id)
    )

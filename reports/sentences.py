"""Sentences as templates over numbers: judgments, titles, what is not known.

A template that lacks its numbers says nothing: it returns None and the report has one judgment
less. Each is a whole message of the catalogs, so that other languages can order it as they do.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from analysis.metrics import METRICS, MIN_REVIEWS, normalize
from reports.labels import EFFORT_WORDS, FOLLOW_UPS, in_sentence, worded
from reports.model import Figure, Judgment
from reports.units import (
    format_difference,
    format_net,
    format_score,
    format_share,
    format_value,
    median,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.ground import Ground
    from reports.locale import Words
    from reports.model import (
        Brand,
        Changes,
        Collection,
        Confidence,
        Dimension,
        Gap,
        GapFollowUp,
        Position,
        Questions,
        Scoreboard,
        ScoreboardRow,
        Theme,
        Voice,
    )

__all__ = [
    "changes_title",
    "follow_ups_title",
    "gaps_title",
    "importance_title",
    "judgments",
    "key_figures",
    "over_time_title",
    "positions_title",
    "questions_title",
    "ranking_title",
    "report_title",
    "scoreboard_title",
    "sources_title",
    "unknowns",
    "voice_title",
]

_COLON = ": \xa0\u202f"  # French puts a space before it
_WHAT = re.compile(r"^[^:]*[^:\s]\s?: ")

MOST_JUDGMENTS = 5
# A difference of scores that is worth a sentence: about the half-width of a score's interval.
_NOTABLE = 5
_FEW = 3  # competitors scored, below which a median or a best carries no claim
_WEAK_MEDIAN = 50  # a dimension where half of the market gets less than half of the points
_WEAK_BEST = 60  # chosen: with a better brand among them, it is not the whole market that is weak


# Judgments


def judgments(
    ground: Ground,
    board: Scoreboard,
    positions: tuple[Position, ...],
    gaps: tuple[Gap, ...],
    questions: Questions,
    voice: Voice,
    brands: tuple[Brand, ...],
) -> tuple[Judgment, ...]:
    """The 3 to 5 most important findings, fewer where the data does not carry them."""
    words = ground.words
    found = (
        _standing(ground, board, positions),
        _largest_gap(words, gaps),
        _rival(ground, board),
        _white_space(words, board, questions, positions),
        _visibility(words, brands),
        _strength(ground, board, positions),
        _complaint(words, voice),
        _quick_win(words, gaps),
    )
    return tuple(judgment for judgment in found if judgment)[:MOST_JUDGMENTS]


def _standing(
    ground: Ground, board: Scoreboard, positions: tuple[Position, ...]
) -> Judgment | None:
    words = ground.words
    known = _compared(positions)
    if len(known) < 2:
        return None
    ahead = [p for p in known if _difference(p) >= _NOTABLE]
    behind = sorted((p for p in known if _difference(p) <= -_NOTABLE), key=_difference)
    finding = words.n(
        "Of {n} dimension that can be compared, we are ahead of the market median in {ahead} and "
        "behind it in {behind}.",
        "Of {n} dimensions that can be compared, we are ahead of the market median in {ahead} and "
        "behind it in {behind}.",
        len(known),
        ahead=_names(words, ahead),
        behind=_names(words, behind),
    )
    keys = [p.dimension for p in known]
    return Judgment(
        topic="standing",
        finding=finding,
        for_us=_standing_for_us(words, ahead, behind),
        confidence=_confidence(board, keys),
        basis=_basis(words, board, keys),
        evidence=_metric_evidence(ground, [p.dimension for p in behind[:1]]),
    )


def _standing_for_us(words: Words, ahead: list[Position], behind: list[Position]) -> str:
    if not ahead and not behind:
        return words.t("For us this means that no dimension sets us apart from the market yet.")
    if not behind:
        return words.t("For us this means defending a lead: nothing is notably behind the median.")
    worst = behind[0]
    name = in_sentence(worst.label, words)
    points = abs(round(_difference(worst)))
    if worst.best_brand:
        return words.n(
            "For us this means {dimension} comes first: it is {n} point behind, {brand} sets the "
            "mark.",
            "For us this means {dimension} comes first: it is {n} points behind, {brand} sets the "
            "mark.",
            points,
            dimension=name,
            brand=worst.best_brand,
        )
    return words.n(
        "For us this means {dimension} comes first: it is {n} point behind.",
        "For us this means {dimension} comes first: it is {n} points behind.",
        points,
        dimension=name,
    )


def _compared(positions: Iterable[Position]) -> list[Position]:
    return [p for p in positions if p.difference is not None and p.dimension != "overall"]


def _well_compared(board: Scoreboard, positions: Iterable[Position]) -> list[Position]:
    """Where at least _FEW competitors were scored, and at least half of them."""
    rivals = sum(row.role == "competitor" for row in board.rows)
    scored = {d.key: d.scored for d in board.dimensions}
    least = max(_FEW, rivals / 2)
    return [p for p in _compared(positions) if scored.get(p.dimension, 0) >= least]


def _difference(position: Position) -> float:
    return position.difference or 0.0


def _names(words: Words, positions: list[Position]) -> str:
    if not positions:
        return words.t("none")
    listed = words.list(in_sentence(p.label, words) for p in positions)
    return f"{words.number(len(positions))} ({listed})"


def _largest_gap(words: Words, gaps: tuple[Gap, ...]) -> Judgment | None:
    if not gaps or gaps[0].own_value is None or gaps[0].market_median is None:
        return None
    gap = gaps[0]
    name = in_sentence(gap.label, words)
    if _is_yes_or_no(words, gap):
        said = _without_label(gap.text, gap.label)
        finding = words.t("Our largest gap is {gap}: {said}.", gap=name, said=said)
    elif gap.best_brand:
        finding = words.t(
            "Our largest gap is {gap}: {own} against a market median of {median}; {brand} has "
            "{best}.",
            gap=name, own=gap.own_text, median=gap.median_text,
            brand=gap.best_brand, best=gap.best_text,
        )  # fmt: skip
    else:
        finding = words.t(
            "Our largest gap is {gap}: {own} against a market median of {median}.",
            gap=name, own=gap.own_text, median=gap.median_text,
        )  # fmt: skip
    basis = words.t(
        "First by impact ({impact}) x confidence; dimension: {dimension}.",
        impact=words.number(gap.impact, 2),
        dimension=in_sentence(gap.dimension, words),
    )
    return Judgment("gap", finding, _plan_sentence(words, gap), gap.confidence, basis, gap.evidence)


def _without_label(text: str, label: str) -> str:
    r"""A gap's sentence without its label and full stop.

    >>> _without_label("Chat\xa0: pas trouvé.", "Chat")
    'pas trouvé'
    """
    return text.removeprefix(label).lstrip(_COLON).rstrip(".")


def _is_yes_or_no(words: Words, gap: Gap) -> bool:
    """What one has or has not reads oddly as a number against a median."""
    return gap.own_text in (words.t("yes"), words.t("no"))


def _plan_sentence(words: Words, gap: Gap) -> str:
    effort = worded(EFFORT_WORDS, gap.effort, words)
    values = {"effort": effort, "target": gap.target_text}
    if gap.review_date:
        values["date"] = words.date(gap.review_date)
    if _is_yes_or_no(words, gap):
        said = (
            words.t("For us this means having it by {date}, at {effort}.", **values)
            if gap.review_date
            else words.t("For us this means having it, at {effort}.", **values)
        )
    elif gap.target is None:
        said = (
            words.t("For us this means closing it by {date}, at {effort}.", **values)
            if gap.review_date
            else words.t("For us this means closing it, at {effort}.", **values)
        )
    else:
        said = (
            words.t("For us this means reaching {target} by {date}, at {effort}.", **values)
            if gap.review_date
            else words.t("For us this means reaching {target}, at {effort}.", **values)
        )
    if not gap.tactic:
        return said
    first = words.t("The first step: {step}.", step=gap.tactic[0].rstrip(".।。"))
    return f"{said} {first}"


def _rival(ground: Ground, board: Scoreboard) -> Judgment | None:
    """The competitor that stands highest on the scoreboard, and where it can be met."""
    words = ground.words
    row = next((r for r in board.rows if r.role == "competitor"), None)
    pairs = _scored(board, row) if row else []
    if row is None or len(pairs) < 2:
        return None
    ahead = sum(score >= (d.median or 0) for d, score in pairs)
    best_in = [in_sentence(d.label, words) for d, _ in pairs if d.best_brand == row.domain]
    numbers = {"brand": row.domain, "ahead": words.number(ahead)}
    if best_in:
        finding = words.n(
            "{brand} is the strongest competitor: at or above the median in {ahead} of {n} "
            "dimension, best in {best}.",
            "{brand} is the strongest competitor: at or above the median in {ahead} of {n} "
            "dimensions, best in {best}.",
            len(pairs),
            best=words.list(best_in),
            **numbers,
        )
    else:
        finding = words.n(
            "{brand} is the strongest competitor: at or above the median in {ahead} of {n} "
            "dimension.",
            "{brand} is the strongest competitor: at or above the median in {ahead} of {n} "
            "dimensions.",
            len(pairs),
            **numbers,
        )
    dimension, score = min(pairs, key=lambda p: p[1] - (p[0].median or 0))
    if round(score) < round(dimension.median or 0):
        for_us = words.t(
            "For us this means studying {brand} before building, and meeting it where it is "
            "weakest: {dimension} ({score}, market median {median}).",
            brand=row.domain,
            dimension=in_sentence(dimension.label, words),
            score=format_score(score, words),
            median=format_score(dimension.median, words),
        )
    else:
        for_us = words.t(
            "For us this means studying {brand} before building: it is nowhere below the median.",
            brand=row.domain,
        )
    keys = [d.key for d, _ in pairs]
    best_first = [d.key for d, _ in sorted(pairs, key=lambda p: p[0].best_brand != row.domain)]
    return Judgment(
        "rival",
        finding,
        for_us,
        _confidence(board, keys),
        _basis(words, board, keys),
        _metric_evidence(ground, best_first[:2], row.domain, is_good=True),
    )


def _scored(board: Scoreboard, row: ScoreboardRow) -> list[tuple[Dimension, float]]:
    """The dimensions in which this brand can be compared, with its scores."""
    return [
        (d, cell.score)
        for d, cell in zip(board.dimensions, row.cells, strict=True)
        if cell.score is not None and d.median is not None and d.key != "overall"
    ]


def _white_space(
    words: Words, board: Scoreboard, questions: Questions, positions: tuple[Position, ...]
) -> Judgment | None:
    """Where the whole market is weak: questions that nobody answers, else a weak dimension."""
    if questions.nobody:
        return _open_questions(words, questions)
    weak = [
        d
        for d in board.dimensions
        if d.median is not None
        and d.scored >= 3
        and d.median < _WEAK_MEDIAN
        and (d.best or 0) < _WEAK_BEST
        and d.key != "overall"
    ]
    if not weak:
        return None
    dimension = min(weak, key=lambda d: d.median or 0)
    name = in_sentence(dimension.label, words)
    finding = words.t(
        "The whole market is weak in {dimension}: median {median} of 100, best {best} ({brand}).",
        dimension=name,
        median=format_score(dimension.median, words),
        best=format_score(dimension.best, words),
        brand=dimension.best_brand,
    )
    own = next((p.own for p in positions if p.dimension == dimension.key), None)
    if own is None:
        for_us = words.t("For us this means little is enough to lead in {dimension}.",
                         dimension=name)  # fmt: skip
    elif round(own) > round(dimension.best or 0):
        for_us = words.t(
            "For us this means a lead that little can take away: in {dimension} we are at {own}, "
            "ahead of every competitor.",
            dimension=name,
            own=format_score(own, words),
        )
    else:
        for_us = words.t(
            "For us this means little is enough to lead in {dimension}: we are at {own}.",
            dimension=name,
            own=format_score(own, words),
        )
    keys = [dimension.key]
    basis = _basis(words, board, keys)
    return Judgment("white space", finding, for_us, _confidence(board, keys), basis, ())


def _open_questions(words: Words, questions: Questions) -> Judgment:
    finding = words.n(
        "Nobody in this market answers {n} question that customers ask, first of all: “{question}”",
        "Nobody in this market answers {n} questions that customers ask, first of all: "
        "“{question}”",
        len(questions.nobody),
        question=questions.nobody[0].text,
    )
    for_us = words.t(
        "For us this means answers that no competitor has, on our FAQ and in the search results "
        "where the questions stand."
    )
    basis = words.n(
        "{n} question compared; unread brands are silent.",
        "{n} questions compared; unread brands are silent.",
        questions.compared,
    )
    return Judgment("white space", finding, for_us, "medium", basis, ())


def _visibility(words: Words, brands: tuple[Brand, ...]) -> Judgment | None:
    compared = [b for b in brands if b.role != "ignored" and b.visibility is not None]
    own = next((b for b in compared if b.role == "own"), None)
    rivals = sorted(
        (b for b in compared if b.role == "competitor"), key=lambda b: -(b.visibility or 0)
    )
    if not rivals or own is None or not rivals[0].visibility:
        return None
    ahead = [b for b in rivals if (b.visibility or 0) > (own.visibility or 0)]
    numbers = {
        "own": own.visibility_text,
        "brand": rivals[0].domain,
        "best": rivals[0].visibility_text,
        "all": words.number(len(rivals)),
    }
    if ahead:
        finding = words.n(
            "We get an estimated {own} of the search clicks; {brand} gets {best}, and {n} of the "
            "{all} competitors is ahead of us.",
            "We get an estimated {own} of the search clicks; {brand} gets {best}, and {n} of the "
            "{all} competitors are ahead of us.",
            len(ahead),
            **numbers,
        )
        for_us = words.t(
            "For us this means better service alone will not be noticed: the answers have to stand "
            "on pages that rank for these searches."
        )
    else:
        finding = words.t(
            "We get an estimated {own} of the search clicks; {brand} gets {best}, and none of the "
            "{all} competitors is ahead of us.",
            **numbers,
        )
        for_us = words.t(
            "For us this means customers meet us first, so what they find has to hold."
        )
    basis = words.n("{n} brand that ranks.", "{n} brands that rank.", len(compared))
    return Judgment("visibility", finding, for_us, "medium", basis, ())


def _strength(
    ground: Ground, board: Scoreboard, positions: tuple[Position, ...]
) -> Judgment | None:
    """Only where enough competitors were scored, and our interval, where there is one, is above."""
    words = ground.words
    carried = [
        p for p in _well_compared(board, positions) if p.low is None or p.low > (p.median or 0)
    ]
    best = max(carried, key=_difference, default=None)
    if best is None or _difference(best) < _NOTABLE:
        return None
    return Judgment(
        "strength",
        words.t(
            "We are strongest in {dimension}: {own} against a median of {median} ({difference}).",
            dimension=in_sentence(best.label, words),
            own=format_score(best.own, words),
            median=format_score(best.median, words),
            difference=format_difference(best.difference, words),
        ),
        words.t(
            "For us this means a claim that we can prove: keep it, and say it where customers "
            "choose."
        ),
        _confidence(board, [best.dimension]),
        _basis(words, board, [best.dimension]),
        _metric_evidence(ground, [best.dimension], is_good=True),
    )


def _complaint(words: Words, voice: Voice) -> Judgment | None:
    theme = _worst_theme(voice)
    if theme is None or theme.market.net is None:
        return None
    n = theme.market.positive + theme.market.neutral + theme.market.negative
    name, net = in_sentence(theme.label, words), format_net(theme.market.net, words)
    promise = words.t("For us this means a promise worth making, if we can keep it.")
    own = (
        words.t("Ours is at {net}.", net=format_net(theme.own.net, words))
        if theme.own.net is not None
        else words.t("Of ours there are too few reviews to say.")
    )
    return Judgment(
        "complaint",
        words.n(
            "The market's customers complain most about {theme}: net sentiment {net} over {n} "
            "mention.",
            "The market's customers complain most about {theme}: net sentiment {net} over {n} "
            "mentions.",
            n,
            theme=name,
            net=net,
        ),
        f"{promise} {own}",
        "high" if n >= 100 else "medium" if n >= 30 else "low",
        words.n(
            "{n} mention in reviews of competitors.", "{n} mentions in reviews of competitors.", n
        ),
        (),
    )


def _worst_theme(voice: Voice) -> Theme | None:
    known = [t for t in voice.themes if t.market.net is not None and t.market.net < 0]
    return min(known, key=lambda t: t.market.net or 0, default=None)


def _quick_win(words: Words, gaps: tuple[Gap, ...]) -> Judgment | None:
    gap = next((g for g in gaps[1:] if g.effort == "small" and g.market_median is not None), None)
    if gap is None:
        return None
    finding = words.t(
        "The quickest win is {gap}: {own} against {median}.",
        gap=in_sentence(gap.label, words),
        own=gap.own_text,
        median=gap.median_text,
    )
    plan = _plan_sentence(words, gap)
    return Judgment("quick win", finding, plan, gap.confidence, gap.text, gap.evidence)


def _confidence(board: Scoreboard, keys: Iterable[str]) -> Confidence:
    """By the mean coverage of the cells that the statement compares."""
    wanted = set(keys)
    coverages = [c.coverage for row in board.rows for c in row.cells if c.dimension in wanted]
    mean = sum(coverages) / len(coverages) if coverages else 0.0
    return "high" if mean >= 0.8 else "medium" if mean >= 0.5 else "low"


def _basis(words: Words, board: Scoreboard, keys: Iterable[str]) -> str:
    wanted = [d for d in board.dimensions if d.key in set(keys)]
    rivals = sum(row.role == "competitor" for row in board.rows)
    fewest = min((d.scored for d in wanted), default=0)
    most = max((d.scored for d in wanted), default=0)
    scored = words.number(fewest)
    if fewest != most:
        scored = words.t("{first} to {last}", first=fewest, last=most)
    dimensions = words.n("{n} dimension", "{n} dimensions", len(wanted))
    return words.n(
        "{dimensions}; {scored} of {n} competitor scored.",
        "{dimensions}; {scored} of {n} competitors scored.",
        rivals,
        dimensions=dimensions,
        scored=scored,
    )


_METRIC_ROWS = """
    select id, key, value from metrics
    where run_id = ? and brand_id = ? and dimension = ? and value is not null order by key"""


def _metric_evidence(
    ground: Ground,
    dimensions: Iterable[str],
    domain: str | None = None,
    *,
    is_good: bool = False,
) -> tuple[str, ...]:
    """Evidence of the metrics of these dimensions, of our brand unless a domain is named.

    A lead is shown by what there is (`is_good`), a lag by what there is not.
    """
    brand = next((b for b in ground.brands if b["domain"] == domain), ground.own)
    if brand is None:
        return ()
    ids = []
    for key in dimensions:
        rows = list(ground.rows(_METRIC_ROWS, ground.run_id, brand["id"], key))
        rows.sort(key=lambda row: _points(row["key"], row["value"]), reverse=is_good)
        ids += [row["id"] for row in rows]
    return ground.book.cite(ids)


def _points(metric: str, value: float) -> float:
    """A metric's value on 0-100; 50 where it has no row."""
    return normalize(METRICS[metric], value) if metric in METRICS else 50.0


# Titles: each states its finding.


def report_title(words: Words, brand: str | None) -> str:
    if brand:
        return words.t("Customer experience of {brand} against its market", brand=brand)
    return words.t("Customer experience in the market")


def scoreboard_title(words: Words, board: Scoreboard, positions: tuple[Position, ...]) -> str:
    known = _compared(positions)
    if known:
        return words.n(
            "We are at or above the market median in {ahead} of {n} dimension",
            "We are at or above the market median in {ahead} of {n} dimensions",
            len(known),
            ahead=sum(_difference(p) >= 0 for p in known),
        )
    if board.rows and board.dimensions:
        brands = words.n("{n} brand", "{n} brands", len(board.rows))
        return words.n(
            "{brands} in {n} dimension", "{brands} in {n} dimensions",
            len(board.dimensions), brands=brands,
        )  # fmt: skip
    return words.t("Nothing could be scored in this run")


def positions_title(words: Words, board: Scoreboard, positions: tuple[Position, ...]) -> str:
    if not any(p.best is not None for p in _compared(positions)):
        return words.t("No dimension can be compared")
    far = [p for p in _well_compared(board, positions) if p.best is not None]
    if not far:
        return words.t("Too few competitors were scored to say where we are furthest behind")
    worst = max(far, key=lambda p: (p.best or 0) - (p.own or 0))
    if (worst.best or 0) <= (worst.own or 0):
        return words.t("No competitor is ahead of us in any dimension")
    return words.t(
        "{dimension} is where we are furthest from the best: {own} against {best}",
        dimension=worst.label,
        own=format_score(worst.own, words),
        best=format_score(worst.best, words),
    )


def gaps_title(words: Words, gaps: tuple[Gap, ...], has_own: bool) -> str:
    if not has_own:
        return words.t("Without an own brand in the study there are no gaps to close")
    if not gaps:
        return words.t("No gap stands out from what could be measured")
    total = sum(max(0.0, g.impact) for g in gaps)
    if len(gaps) < 3 or not total:
        return words.n(
            "{n} gap to close, ranked by impact x confidence",
            "{n} gaps to close, ranked by impact x confidence",
            len(gaps),
        )
    share = sum(max(0.0, g.impact) for g in gaps[:2]) / total
    return words.n(
        "{n} gap to close; the first two carry {share} of the impact",
        "{n} gaps to close; the first two carry {share} of the impact",
        len(gaps),
        share=format_share(share, words),
    )


def questions_title(words: Words, questions: Questions, has_own: bool) -> str:
    if not questions.compared:
        return words.t("No questions could be compared")
    missed, nobody = len(questions.we_miss), len(questions.nobody)
    if not has_own:
        return words.n(
            "Nobody answers {nobody} of {n} question of the market",
            "Nobody answers {nobody} of {n} questions of the market",
            questions.compared,
            nobody=nobody,
        )
    if nobody:
        return words.n(
            "Of {n} question, others answer at least {missed} that we do not; nobody answers "
            "{nobody}",
            "Of {n} questions, others answer at least {missed} that we do not; nobody answers "
            "{nobody}",
            questions.compared,
            missed=missed,
            nobody=nobody,
        )
    return words.n(
        "Of {n} question, others answer at least {missed} that we do not",
        "Of {n} questions, others answer at least {missed} that we do not",
        questions.compared,
        missed=missed,
    )


def voice_title(words: Words, voice: Voice) -> str:
    known = [t for t in voice.themes if t.market.net is not None]
    if not known:
        return words.t("Too few reviews to say what customers praise or blame")
    best = max(known, key=lambda t: t.market.net or 0)
    worst = min(known, key=lambda t: t.market.net or 0)
    values = {
        "best": _level_with(words, best, known),
        "best_net": format_net(best.market.net, words),
        "worst": _level_with(words, worst, known),
        "worst_net": format_net(worst.market.net, words),
    }
    if values["best_net"] == values["worst_net"]:
        return words.t("The market's customers are happiest with {best} ({best_net})", **values)
    if (worst.market.net or 0) < 0:
        return words.t(
            "The market's customers are happiest with {best} ({best_net}) and unhappiest with "
            "{worst} ({worst_net})",
            **values,
        )
    return words.t(
        "The market's customers are happiest with {best} ({best_net}) and least happy with "
        "{worst} ({worst_net})",
        **values,
    )


def _level_with(words: Words, theme: Theme, known: Iterable[Theme]) -> str:
    """The theme, with those whose net sentiment reads the same."""
    shown = format_net(theme.market.net, words)
    level = (t for t in known if format_net(t.market.net, words) == shown)
    return words.list(in_sentence(t.label, words) for t in level)


def importance_title(words: Words, voice: Voice) -> str:
    """Names the theme to concentrate on: often mentioned, and ours below the market."""
    behind = [
        t
        for t in voice.themes
        if t.own.net is not None and t.market.net is not None and t.own.net < t.market.net
    ]
    if not behind:
        return words.t("How often each theme is mentioned, and how we are judged on it")
    theme = max(behind, key=lambda t: t.importance * ((t.market.net or 0) - (t.own.net or 0)))
    return words.t(
        "Concentrate on {theme}: {share} of reviews mention it, our net sentiment is {own}, the "
        "market's {market}",
        theme=in_sentence(theme.label, words),
        share=format_share(theme.importance, words),
        own=format_net(theme.own.net, words),
        market=format_net(theme.market.net, words),
    )


def sources_title(words: Words, voice: Voice) -> str:
    """Only brands with enough ratings are compared, and the title says so."""
    known = [s for s in voice.sources if s.mean is not None]
    if len(known) < 2:
        return words.t("Too few reviews with stars to compare brands")
    best = max(known, key=lambda s: s.mean or 0)
    own = next((s for s in known if s.role == "own"), None)
    values = {
        "brand": best.domain,
        "stars": best.mean_text,
        "count": words.number(best.rated),
        "least": words.number(MIN_REVIEWS),
    }
    if own is None or own is best:
        return words.t(
            "Of brands with at least {least} ratings read, {brand} has the best: {stars} "
            "(n {count})",
            **values,
        )
    return words.t(
        "Of brands with at least {least} ratings read, {brand} has the best: {stars} (n {count}); "
        "we have {own} (n {own_count})",
        own=own.mean_text,
        own_count=words.number(own.rated),
        **values,
    )


def over_time_title(words: Words, voice: Voice) -> str:
    points = [p for p in voice.over_time if p.own is not None]
    if len(points) < 2:
        return words.t("Mean of stars by quarter")
    first, last = points[0], points[-1]
    change = (last.own or 0) - (first.own or 0)
    values = {
        "before": words.number(first.own or 0, 1),
        "after": words.number(last.own or 0, 1),
        "first": words.digits(first.period),
        "last": words.digits(last.period),
        "before_count": words.number(first.own_n),
        "after_count": words.number(last.own_n),
    }
    if abs(change) < 0.1:
        return words.t("Our stars held at {after} from {first} to {last}", **values)
    if change > 0:
        return words.t(
            "Our stars rose from {before} ({first}, n {before_count}) to {after} ({last}, n "
            "{after_count})",
            **values,
        )
    return words.t(
        "Our stars fell from {before} ({first}, n {before_count}) to {after} ({last}, n "
        "{after_count})",
        **values,
    )


def ranking_title(words: Words, brands: tuple[Brand, ...]) -> str:
    if not brands:
        return words.t("Nobody was found in the search results")
    rivals = [b for b in brands if b.role == "competitor"]
    ignored = [b for b in brands if b.role == "ignored"]
    text = words.n("{n} competitor compared", "{n} competitors compared", len(rivals))
    if ignored:
        aside = words.n("{n} site set aside", "{n} sites set aside", len(ignored))
        text = words.t("{compared}, {aside}", compared=text, aside=aside)
    first = max(brands, key=lambda b: b.visibility or 0)
    if not first.visibility:
        return text
    return words.t(
        "{compared}; {brand} gets the most clicks ({share})",
        compared=text,
        brand=first.domain,
        share=first.visibility_text,
    )


def changes_title(words: Words, changes: Changes) -> str:
    if changes.from_run is None:
        return words.t("This is the first run: nothing to compare with yet")
    market = sum(change.cause == "market" for change in changes.rows)
    ours = len(changes.rows) - market
    since = words.date(changes.from_date) if changes.from_date else words.t("not known")
    if not changes.rows:
        return words.t("Nothing significant changed since {date}", date=since)
    if ours:
        return words.n(
            "{n} change in the market since {date}, {ours} more by our own method",
            "{n} changes in the market since {date}, {ours} more by our own method",
            market,
            date=since,
            ours=ours,
        )
    return words.n(
        "{n} change in the market since {date}",
        "{n} changes in the market since {date}",
        market,
        date=since,
    )


def follow_ups_title(words: Words, gaps: tuple[GapFollowUp, ...]) -> str:
    """How many of the earlier gaps went which way, closed first; "" where there were none."""
    if not gaps:
        return ""
    counts = Counter(gap.state for gap in gaps)
    went = words.list(
        f"{words.number(counts[state])} {words.t(spoken)}"
        for state, spoken in FOLLOW_UPS.items()
        if counts[state]
    )
    return words.n(
        "Of {n} gap in the run before: {went}",
        "Of {n} gaps in the run before: {went}",
        len(gaps),
        went=went,
    )


# What is not known


def unknowns(
    words: Words, board: Scoreboard, collection: Collection, voice: Voice
) -> tuple[str, ...]:
    """What the reader could take for known and is not."""
    found = [
        *_unread_brands(words, board),
        *_thin_dimensions(words, board),
        *_failed_searches(words, collection),
        *_not_rendered(words, collection),
        *_unscored_reviews(words, voice),
    ]
    return tuple(found)


def _unread_brands(words: Words, board: Scoreboard) -> list[str]:
    found = []
    for row in board.rows:
        cells = [
            cell
            for d, cell in zip(board.dimensions, row.cells, strict=True)
            if d.key != "overall" and (d.scored or cell.score is not None)
        ]
        missing = [c for c in cells if c.score is None and c.words != words.t("too few")]
        if missing and len(missing) * 2 >= len(cells):
            reasons = _each_once(c.reason or c.words for c in missing)
            found.append(
                words.n(
                    "{brand}: {missing} of {n} dimension not known ({reasons}). Its place is open, "
                    "not low.",
                    "{brand}: {missing} of {n} dimensions not known ({reasons}). Its place is "
                    "open, not low.",
                    len(cells),
                    brand=row.domain,
                    missing=len(missing),
                    reasons=words.list(reasons[:2]),
                )
            )
    return found


def _each_once(reasons: Iterable[str]) -> list[str]:
    """Reasons; those that differ only in what was looked for are one, without it.

    >>> _each_once(["FAQ: 1 page blocked", "chat: 1 page blocked", "reviews: none read"])
    ['1 page blocked', 'reviews: none read']
    """
    causes: dict[str, list[str]] = {}
    for reason in dict.fromkeys(reasons):
        causes.setdefault(_WHAT.sub("", reason), []).append(reason)
    return [cause if len(same) > 1 else same[0] for cause, same in causes.items()]


def _thin_dimensions(words: Words, board: Scoreboard) -> list[str]:
    thin = [d for d in board.dimensions if d.scored < 3]
    if not thin or not any(row.role == "competitor" for row in board.rows):
        return []
    names = words.list(in_sentence(d.label, words) for d in thin)
    return [
        words.t(
            "Fewer than 3 competitors could be scored in {dimensions}: medians there are weak.",
            dimensions=names,
        )
    ]


def _failed_searches(words: Words, collection: Collection) -> list[str]:
    failed = [row for row in collection.searches if row.state not in ("ok", "empty")]
    if not failed:
        return []
    names = words.list(dict.fromkeys(f"“{row.keyword}”" for row in failed[:4]))
    return [
        words.n(
            "{n} search of {all} failed ({keywords}): who ranks there is not known.",
            "{n} searches of {all} failed ({keywords}): who ranks there is not known.",
            len(failed),
            all=len(collection.searches),
            keywords=names,
        )
    ]


def _not_rendered(words: Words, collection: Collection) -> list[str]:
    if not collection.visits or any(
        v.stage == words.t("browser") and v.state in ("done", "partial") for v in collection.visits
    ):
        return []
    return [
        words.t("No page was opened in a browser: a chat that only a browser shows was not seen.")
    ]


def _unscored_reviews(words: Words, voice: Voice) -> list[str]:
    read, scored = sum(s.read for s in voice.sources), sum(s.scored for s in voice.sources)
    if not read or scored * 10 >= read * 9:
        return []
    return [
        words.n(
            "{missing} of {n} review have no sentiment: language or length.",
            "{missing} of {n} reviews have no sentiment: language or length.",
            read,
            missing=read - scored,
        )
    ]


# Key figures


def key_figures(
    words: Words,
    board: Scoreboard,
    positions: tuple[Position, ...],
    questions: Questions,
    voice: Voice,
    brands: tuple[Brand, ...],
    collection: Collection,
) -> tuple[Figure, ...]:
    """At most six numbers for the top of the first page, those that are known."""
    found = (
        _figure_overall(words, board) or _figure_standing(words, positions),
        _figure_visibility(words, brands),
        _figure_stars(words, voice),
        _figure_questions(words, questions),
        _figure_brands(words, board, collection),
        _figure_pages(words, collection),
    )
    return tuple(figure for figure in found if figure)


def _figure_overall(words: Words, board: Scoreboard) -> Figure | None:
    index = next((i for i, d in enumerate(board.dimensions) if d.key == "overall"), None)
    own = next((row for row in board.rows if row.role == "own"), None)
    if index is None or own is None or own.cells[index].score is None:
        return None
    cell, dimension = own.cells[index], board.dimensions[index]
    scored = sum(row.cells[index].score is not None for row in board.rows)
    middle = format_score(dimension.median, words)
    if cell.place:
        note = words.t(
            "place {place} of {scored}; market median {median}",
            place=cell.place,
            scored=scored,
            median=middle,
        )
    else:
        note = words.t("market median {median}", median=middle)
    return Figure(words.t("Overall score of 100"), format_score(cell.score, words), note)


def _figure_standing(words: Words, positions: tuple[Position, ...]) -> Figure | None:
    known = _compared(positions)
    if not known:
        return None
    ahead = sum(_difference(p) >= 0 for p in known)
    value = words.t("{part} of {all}", part=ahead, all=len(known))
    return Figure(words.t("Dimensions at or above median"), value, words.t("own brand"))


def _figure_visibility(words: Words, brands: tuple[Brand, ...]) -> Figure | None:
    own = next((b for b in brands if b.role == "own"), None)
    if own is None or own.visibility is None:
        return None
    compared = [b for b in brands if b.role != "ignored" and b.visibility is not None]
    place = 1 + sum((b.visibility or 0) > own.visibility for b in compared)
    note = words.t("place {place} of {all}", place=place, all=len(compared))
    return Figure(words.t("Share of search clicks"), own.visibility_text, note)


def _figure_stars(words: Words, voice: Voice) -> Figure | None:
    own = next((s for s in voice.sources if s.role == "own"), None)
    others = median(s.mean for s in voice.sources if s.role == "competitor")
    if own is None or own.mean is None:
        return None
    note = words.n(
        "{n} review; market {stars}",
        "{n} reviews; market {stars}",
        own.rated,
        stars=format_value(others, "stars", words),
    )
    return Figure(words.t("Mean of stars read"), words.number(own.mean, 1), note)


def _figure_questions(words: Words, questions: Questions) -> Figure | None:
    if not questions.compared:
        return None
    return Figure(
        words.t("Questions we leave open"),
        words.number(len(questions.we_miss) + len(questions.nobody)),
        words.t("of {all} asked in this market", all=questions.compared),
    )


def _figure_brands(words: Words, board: Scoreboard, collection: Collection) -> Figure | None:
    if not board.rows or not collection.visits:
        return None
    read = {v.domain for v in collection.visits if v.pages_ok} & {r.domain for r in board.rows}
    note = (
        words.t("all compared")
        if len(read) == len(board.rows)
        else words.t("the rest is unknown, not zero")
    )
    value = words.t("{part} of {all}", part=len(read), all=len(board.rows))
    return Figure(words.t("Brands that could be read"), value, note)


def _figure_pages(words: Words, collection: Collection) -> Figure | None:
    if not collection.visits:
        return None
    pages = sum(v.pages_ok for v in collection.visits if v.stage != words.t("browser"))
    note = words.n(
        "{n} request, robots.txt obeyed",
        "{n} requests, robots.txt obeyed",
        sum(v.requests for v in collection.visits),
    )
    return Figure(words.t("Pages read"), words.number(pages), note)

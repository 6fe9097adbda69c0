"""Sentences as templates over numbers: judgments, titles, what is not known.

A template that lacks its numbers says nothing: it returns None and the report has one judgment
less.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from reports.labels import FOLLOW_UPS, in_sentence
from reports.model import Figure, Judgment
from reports.units import (
    format_date,
    format_difference,
    format_net,
    format_score,
    format_share,
    format_value,
    join_words,
    median,
    plural,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.ground import Ground
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

MOST_JUDGMENTS = 5
# A difference of scores that is worth a sentence: about the half-width of a score's interval.
_NOTABLE = 5
_WEAK_MEDIAN = 50  # a dimension where half of the market gets less than half of the points


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
    found = (
        _standing(ground, board, positions),
        _largest_gap(board, gaps),
        _rival(ground, board),
        _white_space(board, questions, positions),
        _visibility(brands),
        _strength(ground, board, positions),
        _complaint(voice),
        _quick_win(gaps),
    )
    return tuple(judgment for judgment in found if judgment)[:MOST_JUDGMENTS]


def _standing(
    ground: Ground, board: Scoreboard, positions: tuple[Position, ...]
) -> Judgment | None:
    known = _compared(positions)
    if len(known) < 2:
        return None
    ahead = [p for p in known if _difference(p) >= _NOTABLE]
    behind = sorted((p for p in known if _difference(p) <= -_NOTABLE), key=_difference)
    finding = (
        f"Of {plural(len(known), 'dimension')} that can be compared, we are ahead of the market "
        f"median in {_names(ahead)} and behind it in {_names(behind)}."
    )
    if behind:
        for_us = (
            f"For us this means {in_sentence(behind[0].label)} comes first: it is "
            f"{abs(_difference(behind[0])):.0f} points behind"
            + (f", {behind[0].best_brand} sets the mark." if behind[0].best_brand else ".")
        )
    else:
        for_us = "For us this means defending a lead: nothing is notably behind the median."
    return Judgment(
        topic="standing",
        finding=finding,
        for_us=for_us,
        confidence=_confidence(board, [p.dimension for p in known]),
        basis=_basis(board, [p.dimension for p in known]),
        evidence=_metric_evidence(ground, [p.dimension for p in behind[:1]]),
    )


def _compared(positions: Iterable[Position]) -> list[Position]:
    return [p for p in positions if p.difference is not None and p.dimension != "overall"]


def _difference(position: Position) -> float:
    return position.difference or 0.0


def _names(positions: list[Position]) -> str:
    if not positions:
        return "none"
    return f"{len(positions)} ({join_words(in_sentence(p.label) for p in positions)})"


def _largest_gap(board: Scoreboard, gaps: tuple[Gap, ...]) -> Judgment | None:
    if not gaps or gaps[0].own_value is None or gaps[0].market_median is None:
        return None
    gap = gaps[0]
    if _is_yes_or_no(gap):
        said = gap.text.removeprefix(f"{gap.label}: ").rstrip(".")
        finding = f"Our largest gap is {in_sentence(gap.label)}: {said}."
    else:
        finding = (
            f"Our largest gap is {in_sentence(gap.label)}: {gap.own_text} against a market median "
            f"of {gap.median_text}"
        )
        finding += f"; {gap.best_brand} has {gap.best_text}." if gap.best_brand else "."
    return Judgment(
        "gap", finding, _plan_sentence(gap), gap.confidence, _gap_basis(gap), gap.evidence
    )


def _is_yes_or_no(gap: Gap) -> bool:
    """What one has or has not reads oddly as a number against a median."""
    return gap.own_text in ("yes", "no")


def _plan_sentence(gap: Gap) -> str:
    target = f"reaching {gap.target_text}" if gap.target is not None else "closing it"
    if _is_yes_or_no(gap):
        target = "having it"
    date = f" by {format_date(gap.review_date)}" if gap.review_date else ""
    first = f" The first step: {gap.tactic[0].rstrip('.')}." if gap.tactic else ""
    return f"For us this means {target}{date}, at {gap.effort} effort.{first}"


def _gap_basis(gap: Gap) -> str:
    return f"First by impact ({gap.impact:.2g}) x confidence; {gap.dimension} dimension."


def _rival(ground: Ground, board: Scoreboard) -> Judgment | None:
    """The competitor that stands highest on the scoreboard, and where it can be met."""
    row = next((r for r in board.rows if r.role == "competitor"), None)
    pairs = _scored(board, row) if row else []
    if row is None or len(pairs) < 2:
        return None
    ahead = sum(score >= (d.median or 0) for d, score in pairs)
    best_in = [in_sentence(d.label) for d, _ in pairs if d.best_brand == row.domain]
    finding = (
        f"{row.domain} is the strongest competitor: at or above the median in {ahead} of "
        f"{plural(len(pairs), 'dimension')}"
    )
    finding += f", best in {join_words(best_in)}." if best_in else "."
    dimension, score = min(pairs, key=lambda p: p[1] - (p[0].median or 0))
    for_us = (
        f"For us this means studying {row.domain} before building, and meeting it where it is "
        f"weakest: {in_sentence(dimension.label)} ({format_score(score)}, market median "
        f"{format_score(dimension.median)})."
    )
    keys = [d.key for d, _ in pairs]
    best_first = [d.key for d, _ in sorted(pairs, key=lambda p: p[0].best_brand != row.domain)]
    return Judgment(
        "rival",
        finding,
        for_us,
        _confidence(board, keys),
        _basis(board, keys),
        _metric_evidence(ground, best_first[:2], row.domain),
    )


def _scored(board: Scoreboard, row: ScoreboardRow) -> list[tuple[Dimension, float]]:
    """The dimensions in which this brand can be compared, with its scores."""
    return [
        (d, cell.score)
        for d, cell in zip(board.dimensions, row.cells, strict=True)
        if cell.score is not None and d.median is not None and d.key != "overall"
    ]


def _white_space(
    board: Scoreboard, questions: Questions, positions: tuple[Position, ...]
) -> Judgment | None:
    """Where the whole market is weak: questions that nobody answers, else a weak dimension."""
    if questions.nobody:
        first = questions.nobody[0]
        finding = (
            f"Nobody in this market answers {plural(len(questions.nobody), 'question')} that "
            f"customers ask, first of all: “{first.text}”"
        )
        for_us = (
            "For us this means answers that no competitor has, on our FAQ and in the search "
            "results where the questions stand."
        )
        basis = f"{plural(questions.compared, 'question')} compared; unread brands are silent."
        return Judgment("white space", finding, for_us, "medium", basis, ())
    weak = [
        d
        for d in board.dimensions
        if d.median is not None and d.scored >= 3 and d.median < _WEAK_MEDIAN and d.key != "overall"
    ]
    if not weak:
        return None
    dimension = min(weak, key=lambda d: d.median or 0)
    name = in_sentence(dimension.label)
    finding = (
        f"The whole market is weak in {name}: median {format_score(dimension.median)} of 100, best "
        f"{format_score(dimension.best)} ({dimension.best_brand})."
    )
    own = next((p.own for p in positions if p.dimension == dimension.key), None)
    for_us = f"For us this means little is enough to lead in {name}"
    for_us += f": we are at {format_score(own)}." if own is not None else "."
    return Judgment(
        "white space",
        finding,
        for_us,
        _confidence(board, [dimension.key]),
        _basis(board, [dimension.key]),
        (),
    )


def _visibility(brands: tuple[Brand, ...]) -> Judgment | None:
    compared = [b for b in brands if b.role != "ignored" and b.visibility is not None]
    own = next((b for b in compared if b.role == "own"), None)
    rivals = sorted(
        (b for b in compared if b.role == "competitor"), key=lambda b: -(b.visibility or 0)
    )
    if not rivals or own is None or not rivals[0].visibility:
        return None
    ahead = [b for b in rivals if (b.visibility or 0) > (own.visibility or 0)]
    finding = (
        f"We get an estimated {own.visibility_text} of the search clicks; {rivals[0].domain} "
        f"gets {rivals[0].visibility_text}, and {_how_many(len(ahead))} of the {len(rivals)} "
        f"competitors {'is' if len(ahead) < 2 else 'are'} ahead of us."
    )
    if ahead:
        for_us = (
            "For us this means better service alone will not be noticed: the answers have to stand "
            "on pages that rank for these searches."
        )
    else:
        for_us = "For us this means customers meet us first, so what they find has to hold."
    return Judgment(
        "visibility", finding, for_us, "medium", f"{plural(len(compared), 'brand')} that rank.", ()
    )


def _how_many(n: int) -> str:
    return str(n) if n else "none"


def _strength(
    ground: Ground, board: Scoreboard, positions: tuple[Position, ...]
) -> Judgment | None:
    best = max(_compared(positions), key=_difference, default=None)
    if best is None or _difference(best) < _NOTABLE:
        return None
    return Judgment(
        "strength",
        f"We are strongest in {in_sentence(best.label)}: {format_score(best.own)} against a median "
        f"of {format_score(best.median)} ({format_difference(best.difference)}).",
        "For us this means a claim that we can prove: keep it, and say it where customers choose.",
        _confidence(board, [best.dimension]),
        _basis(board, [best.dimension]),
        _metric_evidence(ground, [best.dimension]),
    )


def _complaint(voice: Voice) -> Judgment | None:
    theme = _worst_theme(voice)
    if theme is None or theme.market.net is None:
        return None
    n = theme.market.positive + theme.market.neutral + theme.market.negative
    own = (
        f"Ours is at {format_net(theme.own.net)}."
        if theme.own.net is not None
        else "Of ours there are too few reviews to say."
    )
    return Judgment(
        "complaint",
        f"The market's customers complain most about {in_sentence(theme.label)}: net sentiment "
        f"{format_net(theme.market.net)} over {plural(n, 'mention')}.",
        f"For us this means a promise worth making, if we can keep it. {own}",
        "high" if n >= 100 else "medium" if n >= 30 else "low",
        f"{plural(n, 'mention')} in reviews of competitors.",
        (),
    )


def _worst_theme(voice: Voice) -> Theme | None:
    known = [t for t in voice.themes if t.market.net is not None and t.market.net < 0]
    return min(known, key=lambda t: t.market.net or 0, default=None)


def _quick_win(gaps: tuple[Gap, ...]) -> Judgment | None:
    gap = next((g for g in gaps[1:] if g.effort == "small" and g.market_median is not None), None)
    if gap is None:
        return None
    finding = (
        f"The quickest win is {in_sentence(gap.label)}: {gap.own_text} against {gap.median_text}."
    )
    return Judgment(
        "quick win", finding, _plan_sentence(gap), gap.confidence, gap.text, gap.evidence
    )


def _confidence(board: Scoreboard, keys: Iterable[str]) -> Confidence:
    """By the mean coverage of the cells that the statement compares."""
    wanted = set(keys)
    coverages = [c.coverage for row in board.rows for c in row.cells if c.dimension in wanted]
    mean = sum(coverages) / len(coverages) if coverages else 0.0
    return "high" if mean >= 0.8 else "medium" if mean >= 0.5 else "low"


def _basis(board: Scoreboard, keys: Iterable[str]) -> str:
    wanted = [d for d in board.dimensions if d.key in set(keys)]
    rivals = sum(row.role == "competitor" for row in board.rows)
    fewest = min((d.scored for d in wanted), default=0)
    most = max((d.scored for d in wanted), default=0)
    scored = str(fewest) if fewest == most else f"{fewest} to {most}"
    return f"{plural(len(wanted), 'dimension')}; {scored} of {plural(rivals, 'competitor')} scored."


_METRIC_ROWS = """
    select id from metrics where run_id = ? and brand_id = ? and dimension = ? and value is not null
    order by key"""


def _metric_evidence(
    ground: Ground, dimensions: Iterable[str], domain: str | None = None
) -> tuple[str, ...]:
    """Evidence of the metrics of these dimensions, of our brand unless a domain is named."""
    brand = next((b for b in ground.brands if b["domain"] == domain), ground.own)
    if brand is None:
        return ()
    ids = [
        row["id"]
        for key in dimensions
        for row in ground.rows(_METRIC_ROWS, ground.run_id, brand["id"], key)
    ]
    return ground.book.cite(ids)


# Titles: each states its finding.


def report_title(brand: str | None) -> str:
    return (
        f"Customer experience of {brand} against its market"
        if brand
        else ("Customer experience in the market")
    )


def scoreboard_title(board: Scoreboard, positions: tuple[Position, ...]) -> str:
    known = _compared(positions)
    if known:
        ahead = sum(_difference(p) >= 0 for p in known)
        return (
            f"We are at or above the market median in {ahead} of {plural(len(known), 'dimension')}"
        )
    if board.rows and board.dimensions:
        return f"{plural(len(board.rows), 'brand')} in {plural(len(board.dimensions), 'dimension')}"
    return "Nothing could be scored in this run"


def positions_title(positions: tuple[Position, ...]) -> str:
    far = [p for p in _compared(positions) if p.best is not None]
    if not far:
        return "No dimension can be compared"
    worst = max(far, key=lambda p: (p.best or 0) - (p.own or 0))
    if (worst.best or 0) <= (worst.own or 0):
        return "No competitor is ahead of us in any dimension"
    return (
        f"{worst.label} is where we are furthest from the best: {format_score(worst.own)} against "
        f"{format_score(worst.best)}"
    )


def gaps_title(gaps: tuple[Gap, ...], has_own: bool) -> str:
    if not has_own:
        return "Without an own brand in the study there are no gaps to close"
    if not gaps:
        return "No gap stands out from what could be measured"
    total = sum(max(0.0, g.impact) for g in gaps)
    if len(gaps) < 3 or not total:
        return f"{plural(len(gaps), 'gap')} to close, ranked by impact x confidence"
    share = sum(max(0.0, g.impact) for g in gaps[:2]) / total
    return f"{len(gaps)} gaps to close; the first two carry {format_share(share)} of the impact"


def questions_title(questions: Questions, has_own: bool) -> str:
    if not questions.compared:
        return "No questions could be compared"
    missed, nobody = len(questions.we_miss), len(questions.nobody)
    if not has_own:
        return f"Nobody answers {nobody} of {plural(questions.compared, 'question')} of the market"
    text = f"Of {plural(questions.compared, 'question')}, others answer {missed} that we do not"
    return f"{text}; nobody answers {nobody}" if nobody else text


def voice_title(voice: Voice) -> str:
    known = [t for t in voice.themes if t.market.net is not None]
    if not known:
        return "Too few reviews to say what customers praise or blame"
    best = max(known, key=lambda t: t.market.net or 0)
    worst = min(known, key=lambda t: t.market.net or 0)
    text = f"The market's customers are happiest with {in_sentence(best.label)}"
    text += f" ({format_net(best.market.net)})"
    if best.key == worst.key:
        return text
    how = "unhappiest" if (worst.market.net or 0) < 0 else "least happy"
    return f"{text} and {how} with {in_sentence(worst.label)} ({format_net(worst.market.net)})"


def importance_title(voice: Voice) -> str:
    """Names the theme to concentrate on: often mentioned, and ours below the market."""
    behind = [
        t
        for t in voice.themes
        if t.own.net is not None and t.market.net is not None and t.own.net < t.market.net
    ]
    if not behind:
        return "How often each theme is mentioned, and how we are judged on it"
    theme = max(behind, key=lambda t: t.importance * ((t.market.net or 0) - (t.own.net or 0)))
    return (
        f"Concentrate on {in_sentence(theme.label)}: {format_share(theme.importance)} of reviews "
        f"mention it, our net sentiment is {format_net(theme.own.net)}, the market's "
        f"{format_net(theme.market.net)}"
    )


def sources_title(voice: Voice) -> str:
    known = [s for s in voice.sources if s.mean is not None]
    if not known:
        return "Too few reviews with stars to compare brands"
    best = max(known, key=lambda s: s.mean or 0)
    own = next((s for s in known if s.role == "own"), None)
    text = f"{best.domain} has the best stars read: {best.mean_text} (n {best.rated})"
    if own is None or own is best:
        return text
    return f"{text}; we have {own.mean_text} (n {own.rated})"


def over_time_title(voice: Voice) -> str:
    points = [p for p in voice.over_time if p.own is not None]
    if len(points) < 2:
        return "Mean of stars by quarter"
    first, last = points[0], points[-1]
    change = (last.own or 0) - (first.own or 0)
    if abs(change) < 0.1:
        return f"Our stars held at {last.own:.1f} from {first.period} to {last.period}"
    verb = "rose" if change > 0 else "fell"
    return (
        f"Our stars {verb} from {first.own:.1f} ({first.period}, n {first.own_n}) to "
        f"{last.own:.1f} ({last.period}, n {last.own_n})"
    )


def ranking_title(brands: tuple[Brand, ...]) -> str:
    if not brands:
        return "Nobody was found in the search results"
    rivals = [b for b in brands if b.role == "competitor"]
    ignored = [b for b in brands if b.role == "ignored"]
    text = f"{plural(len(rivals), 'competitor')} compared"
    if ignored:
        text += f", {plural(len(ignored), 'site')} set aside"
    first = max(brands, key=lambda b: b.visibility or 0)
    if first.visibility:
        text += f"; {first.domain} gets the most clicks ({first.visibility_text})"
    return text


def changes_title(changes: Changes) -> str:
    if changes.from_run is None:
        return "This is the first run: nothing to compare with yet"
    market = sum(change.cause == "market" for change in changes.rows)
    ours = len(changes.rows) - market
    since = format_date(changes.from_date)
    if not changes.rows:
        return f"Nothing significant changed since {since}"
    text = f"{plural(market, 'change')} in the market since {since}"
    return f"{text}, {ours} more by our own method" if ours else text


def follow_ups_title(gaps: tuple[GapFollowUp, ...]) -> str:
    """How many of the earlier gaps went which way, closed first; "" where there were none."""
    if not gaps:
        return ""
    counts = Counter(gap.state for gap in gaps)
    went = join_words(
        f"{counts[state]} {words}" for state, words in FOLLOW_UPS.items() if counts[state]
    )
    return f"Of {plural(len(gaps), 'gap')} in the run before: {went}"


# What is not known


def unknowns(board: Scoreboard, collection: Collection, voice: Voice) -> tuple[str, ...]:
    """What the reader could take for known and is not."""
    found = [
        *_unread_brands(board),
        *_thin_dimensions(board),
        *_failed_searches(collection),
        *_not_rendered(collection),
        *_unscored_reviews(voice),
    ]
    return tuple(found)


def _unread_brands(board: Scoreboard) -> list[str]:
    found = []
    for row in board.rows:
        cells = [
            cell
            for d, cell in zip(board.dimensions, row.cells, strict=True)
            if d.key != "overall" and (d.scored or cell.score is not None)
        ]
        missing = [c for c in cells if c.score is None and c.words != "too few"]
        if missing and len(missing) * 2 >= len(cells):
            reasons = dict.fromkeys(c.reason or c.words for c in missing)
            found.append(
                f"{row.domain}: {len(missing)} of {plural(len(cells), 'dimension')} not known "
                f"({join_words(list(reasons)[:2])}). Its place is open, not low."
            )
    return found


def _thin_dimensions(board: Scoreboard) -> list[str]:
    thin = [d for d in board.dimensions if d.scored < 3]
    if not thin or not any(row.role == "competitor" for row in board.rows):
        return []
    names = join_words(in_sentence(d.label) for d in thin)
    return [f"Fewer than 3 competitors could be scored in {names}: medians there are weak."]


def _failed_searches(collection: Collection) -> list[str]:
    failed = [row for row in collection.searches if row.state not in ("ok", "empty")]
    if not failed:
        return []
    names = join_words(dict.fromkeys(f"“{row.keyword}”" for row in failed[:4]))
    return [
        f"{plural(len(failed), 'search', 'searches')} of {len(collection.searches)} failed "
        f"({names}): who ranks there is not known."
    ]


def _not_rendered(collection: Collection) -> list[str]:
    if not collection.visits or any(
        v.stage == "browser" and v.state in ("done", "partial") for v in collection.visits
    ):
        return []
    return ["No page was opened in a browser: a chat that only a browser shows was not seen."]


def _unscored_reviews(voice: Voice) -> list[str]:
    read, scored = sum(s.read for s in voice.sources), sum(s.scored for s in voice.sources)
    if not read or scored * 10 >= read * 9:
        return []
    return [f"{read - scored:,} of {plural(read, 'review')} have no sentiment: language or length."]


# Key figures


def key_figures(
    board: Scoreboard,
    positions: tuple[Position, ...],
    questions: Questions,
    voice: Voice,
    brands: tuple[Brand, ...],
    collection: Collection,
) -> tuple[Figure, ...]:
    """At most six numbers for the top of the first page, those that are known."""
    found = (
        _figure_overall(board) or _figure_standing(positions),
        _figure_visibility(brands),
        _figure_stars(voice),
        _figure_questions(questions),
        _figure_brands(board, collection),
        _figure_pages(collection),
    )
    return tuple(figure for figure in found if figure)


def _figure_overall(board: Scoreboard) -> Figure | None:
    index = next((i for i, d in enumerate(board.dimensions) if d.key == "overall"), None)
    own = next((row for row in board.rows if row.role == "own"), None)
    if index is None or own is None or own.cells[index].score is None:
        return None
    cell, dimension = own.cells[index], board.dimensions[index]
    scored = sum(row.cells[index].score is not None for row in board.rows)
    place = f"place {cell.place} of {scored}; " if cell.place else ""
    note = f"{place}market median {format_score(dimension.median)}"
    return Figure("Overall score of 100", format_score(cell.score), note)


def _figure_standing(positions: tuple[Position, ...]) -> Figure | None:
    known = _compared(positions)
    if not known:
        return None
    ahead = sum(_difference(p) >= 0 for p in known)
    return Figure("Dimensions at or above median", f"{ahead} of {len(known)}", "own brand")


def _figure_visibility(brands: tuple[Brand, ...]) -> Figure | None:
    own = next((b for b in brands if b.role == "own"), None)
    if own is None or own.visibility is None:
        return None
    compared = [b for b in brands if b.role != "ignored" and b.visibility is not None]
    place = 1 + sum((b.visibility or 0) > own.visibility for b in compared)
    return Figure(
        "Share of search clicks", own.visibility_text, f"place {place} of {len(compared)}"
    )


def _figure_stars(voice: Voice) -> Figure | None:
    own = next((s for s in voice.sources if s.role == "own"), None)
    others = median(s.mean for s in voice.sources if s.role == "competitor")
    if own is None or own.mean is None:
        return None
    note = f"{plural(own.rated, 'review')}; market {format_value(others, 'stars')}"
    return Figure("Mean of stars read", f"{own.mean:.1f}", note)


def _figure_questions(questions: Questions) -> Figure | None:
    if not questions.compared:
        return None
    return Figure(
        "Questions we leave open",
        str(len(questions.we_miss) + len(questions.nobody)),
        f"of {questions.compared} asked in this market",
    )


def _figure_brands(board: Scoreboard, collection: Collection) -> Figure | None:
    if not board.rows or not collection.visits:
        return None
    read = {v.domain for v in collection.visits if v.pages_ok} & {r.domain for r in board.rows}
    note = "all compared" if len(read) == len(board.rows) else "the rest is unknown, not zero"
    return Figure("Brands that could be read", f"{len(read)} of {len(board.rows)}", note)


def _figure_pages(collection: Collection) -> Figure | None:
    if not collection.visits:
        return None
    pages = sum(v.pages_ok for v in collection.visits if v.stage != "browser")
    requests = sum(v.requests for v in collection.visits)
    return Figure("Pages read", f"{pages:,}", f"{plural(requests, 'request')}, robots.txt obeyed")

"""Charts that need an axis, as static SVG from Altair; simpler marks live in the templates.

Each is drawn twice, for a wide page and for a phone, in colours that the style sheet sets, so one
file serves light and dark.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

if TYPE_CHECKING:
    from collections.abc import Iterable

    import altair

    from reports.locale import Words
    from reports.model import Report

__all__ = ["Chart", "importance_performance", "rating_over_time", "review_scatter"]

# Widths in px, near those at which the page shows them, so that text keeps its size.
_HALF, _FULL, _NARROW = 400, 720, 290
# What Altair is told -> what the style sheet calls it.
_COLORS = {
    "#010101": "var(--ink)",
    "#020202": "var(--muted)",
    "#030303": "var(--rule)",
    "#040404": "var(--own)",
    "#050505": "var(--market)",
}
_INK, _MUTED, _RULE, _OWN, _MARKET = _COLORS
_SVG = "http://www.w3.org/2000/svg"
_DRAWING = {"svg", "g", "path", "line", "rect", "circle", "text", "tspan", "title"}
_ATTRIBUTES = {
    *("d", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height", "viewBox"),
    *("transform", "fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-miterlimit"),
    *("opacity", "fill-opacity", "stroke-opacity", "text-anchor", "font-size", "font-weight"),
}


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart: `wide` and `narrow` are SVG that holds nothing but marks and text."""

    wide: str
    narrow: str
    label: str


def review_scatter(report: Report) -> Chart | None:
    """Reviews read x mean stars, own brand marked; None with fewer than three brands."""
    points = [
        {"brand": s.domain, "n": s.rated, "stars": s.mean} | _colors(s.role == "own")
        for s in report.voice.sources
        if s.mean is not None and s.rated
    ]
    if len(points) < 3:
        return None
    words = report.words

    def build(alt: Any, size: tuple[int, int]) -> altair.TopLevelMixin:
        placed = _place_names(points, "brand", "n", "stars", size, 62)
        base = alt.Chart(alt.Data(values=placed)).encode(
            x=alt.X(
                "n:Q",
                title=words.t("Reviews with stars, read"),
                scale=alt.Scale(zero=False, nice=False, padding=62),
            ),
            y=alt.Y(
                "stars:Q", title=words.t("Mean stars of 5"), scale=alt.Scale(zero=False, padding=24)
            ),
        )
        marks = base.mark_circle(size=90, opacity=1).encode(color=_as_told(alt, "mark"))
        return marks + _names(base.encode(color=_as_told(alt, "ink")), "brand")

    return _draw(build, words, words.t("Reviews read and mean stars, by brand"), _HALF, 260)


def rating_over_time(report: Report) -> Chart | None:
    """Mean stars by quarter with n at each point; None with fewer than two quarters."""
    words = report.words
    points = [
        {"period": words.digits(p.period), "stars": stars, "n": f"n {words.number(n)}"}
        | _colors(own)
        for p in report.voice.over_time
        for own, stars, n in ((True, p.own, p.own_n), (False, p.market, p.market_n))
        if stars is not None
    ]
    if len({p["period"] for p in points}) < 2:
        return None
    means = [_mean(p["stars"] for p in points if p["own"] is own) for own in (True, False)]
    lower = means[0] < means[1]  # whose counts go below its line

    def build(alt: Any, size: tuple[int, int]) -> altair.TopLevelMixin:
        base = alt.Chart(alt.Data(values=points)).encode(
            x=alt.X("period:O", title=None, axis=alt.Axis(labelAngle=0, grid=False)),
            y=alt.Y("stars:Q", title=words.t("Mean stars of 5"), scale=alt.Scale(domain=[1, 5])),
            detail="own:N",
        )
        line = base.mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=50)).encode(
            color=_as_told(alt, "mark")
        )
        for own, dy in ((lower, 16), (not lower, -12)):
            line += (
                base.transform_filter(f"datum.own == {'true' if own else 'false'}")
                .mark_text(dy=dy, fontSize=11)
                .encode(text="n:N", color=_as_told(alt, "ink"))
            )
        return line

    label = words.t("Mean stars by quarter, own brand and competitors")
    return _draw(build, words, label, _FULL, 200)


def _mean(values: Iterable[Any]) -> float:
    known = [float(value) for value in values]
    return sum(known) / len(known) if known else 0.0


def importance_performance(report: Report) -> Chart | None:
    """Share of reviews that mention a theme x our net sentiment, cross-hairs at the medians."""
    points = [
        {"theme": t.label, "importance": 100 * t.importance, "net": 100 * t.own.net}
        for t in report.voice.themes
        if t.own.net is not None
    ]
    if len(points) < 3:
        return None
    words = report.words

    def build(alt: Any, size: tuple[int, int]) -> altair.TopLevelMixin:
        placed = _place_names(points, "theme", "net", "importance", size, 72)
        base = alt.Chart(alt.Data(values=placed))
        marks = base.encode(
            x=alt.X(
                "net:Q",
                title=words.t("Our net sentiment, %"),
                scale=alt.Scale(zero=False, nice=False, padding=72),
            ),
            y=alt.Y(
                "importance:Q",
                title=words.t("Reviews that mention it, %"),
                scale=alt.Scale(padding=24, zero=False),
            ),
        )
        rules = base.mark_rule(stroke=_MUTED, strokeDash=[4, 3])
        text = _names(marks, "theme", fill=_INK)
        return (
            rules.encode(x="median(net):Q")
            + rules.encode(y="median(importance):Q")
            + marks.mark_circle(size=80, opacity=1, fill=_OWN)
            + text
        )

    label = words.t("Importance and performance of themes, cross-hairs at the medians")
    return _draw(build, words, label, _HALF, 260)


def _place_names(
    points: list[dict[str, Any]], name: str, x: str, y: str, size: tuple[int, int], pad: int
) -> list[dict[str, Any]]:
    """The points with `side`: where the name finds room (above, below) or "" where it does not.

    Letters are taken as 6.4 px wide at 12 px, the mean of common sans faces.
    """
    taken: list[tuple[float, float, float]] = []
    placed = []
    xs, ys = ([p[axis] for p in points] for axis in (x, y))
    for point in sorted(points, key=lambda p: (not p.get("own"), -p[y], p[x])):
        px = pad + (point[x] - min(xs)) / ((max(xs) - min(xs)) or 1) * (size[0] - 2 * pad)
        py = 24 + (max(ys) - point[y]) / ((max(ys) - min(ys)) or 1) * (size[1] - 48)
        half = 3.2 * len(point[name]) + 3
        side = ""
        for candidate, dy in (("above", -12), ("below", 14)):
            room = all(abs(px - tx) > half + th or abs(py + dy - ty) > 14 for tx, ty, th in taken)
            if room:
                side = candidate
                taken.append((px, py + dy, half))
                break
        placed.append(point | {"side": side})
    return placed


def _names(base: Any, field: str, **style: Any) -> Any:
    above, below = (
        base.transform_filter(f"datum.side == '{side}'")
        .mark_text(dy=dy, fontSize=12, **style)
        .encode(text=f"{field}:N")
        for side, dy in (("above", -12), ("below", 14))
    )
    return above + below


def _colors(own: bool) -> dict[str, Any]:
    """The fields of a point that tell its colours: the own brand has one of its own."""
    return {"own": own, "mark": _OWN if own else _MARKET, "ink": _OWN if own else _MUTED}


def _as_told(alt: Any, field: str) -> Any:
    """The colour that a field names; a condition in its place costs Altair five times as long."""
    return alt.Color(f"{field}:N", scale=None)


def _draw(build: Any, words: Words, label: str, wide: int, height: int) -> Chart:
    # Altair and vl-convert cost 0.8 s: only a renderer that draws pays for them.
    import altair as alt  # noqa: PLC0415
    import vl_convert  # noqa: PLC0415

    drawn = []
    # The specs are ours and tested: to validate each anew takes three times as long as to draw it.
    with alt.utils.schemapi.debug_mode(False):
        for width in (wide, _NARROW):
            chart = build(alt, (width, height)).properties(
                width=width, height=height, background="transparent", padding=4
            )
            spec = _styled(alt, chart).to_dict(validate=False)
            svg = vl_convert.vegalite_to_svg(spec, format_locale=_spelling(words))
            drawn.append(only_drawing(svg, label))
    return Chart(drawn[0], drawn[1], label)


def _spelling(words: Words) -> dict[str, Any]:
    """How axes spell numbers: by the language, as the rest of the report does (d3-format)."""
    return {
        "decimal": words.number(0.5, 1)[1],
        "thousands": words.number(12_345)[2],
        "grouping": [3],
        "currency": ["", ""],
        "numerals": list(words.digits("0123456789")),
    }


def _styled(alt: Any, chart: Any) -> Any:
    axis = alt.AxisConfig(
        labelColor=_MUTED,
        titleColor=_MUTED,
        titleFontWeight="normal",
        titleFontSize=12,
        labelFontSize=12,
        gridColor=_RULE,
        domainColor=_RULE,
        tickColor=_RULE,
        tickCount=5,
    )
    return chart.configure(axis=axis, view=alt.ViewConfig(stroke=None))


def only_drawing(svg: str, label: str) -> str:
    """The SVG with nothing in it but marks, text and colours that the style sheet names.

    Raises nothing on odd input: elements and attributes that we do not know are left out.
    """
    root = ElementTree.fromstring(svg)
    kept = _keep(root)
    if kept is None:
        return ""
    kept.set("role", "img")
    kept.set("aria-label", label)
    kept.attrib.pop("width", None)
    kept.attrib.pop("height", None)
    ElementTree.register_namespace("", _SVG)
    text = ElementTree.tostring(kept, encoding="unicode")
    return re.sub("|".join(_COLORS), lambda m: _COLORS[m[0]], text)


def _keep(element: ElementTree.Element) -> ElementTree.Element | None:
    name = str(element.tag).removeprefix(f"{{{_SVG}}}")
    if name not in _DRAWING:
        return None
    kept = ElementTree.Element(f"{{{_SVG}}}{name}")
    kept.attrib.update({k: v for k, v in element.attrib.items() if k in _ATTRIBUTES})
    kept.text = element.text
    for child in element:
        if (clean := _keep(child)) is not None:
            kept.append(clean)
    return kept

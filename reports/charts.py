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
    import altair

    from reports.model import Report

__all__ = ["Chart", "importance_performance", "rating_over_time", "review_scatter"]

_WIDE, _NARROW = 600, 290
_FONT = "inherit"
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
_ATTRIBUTES = frozenset(
    ("d", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height", "viewBox")
    + ("transform", "fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-miterlimit")
    + ("opacity", "fill-opacity", "stroke-opacity", "text-anchor", "font-size", "font-weight")
)


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart: `wide` and `narrow` are SVG that holds nothing but marks and text."""

    wide: str
    narrow: str
    label: str


def review_scatter(report: Report) -> Chart | None:
    """Reviews read x mean stars, own brand marked; None with fewer than two brands."""
    points = [
        {"brand": s.domain, "n": s.rated, "stars": s.mean, "own": s.role == "own"}
        for s in report.voice.sources
        if s.mean is not None and s.rated
    ]
    if len(points) < 2:
        return None

    def build(alt: Any, width: int) -> altair.TopLevelMixin:
        base = alt.Chart(alt.Data(values=points)).encode(
            x=alt.X(
                "n:Q", title="Reviews with stars, read", scale=alt.Scale(zero=False, padding=40)
            ),
            y=alt.Y("stars:Q", title="Mean stars of 5", scale=alt.Scale(zero=False, padding=24)),
            color=_own_or_market(alt),
        )
        return base.mark_circle(size=90, opacity=1) + base.mark_text(dy=-12, fontSize=12).encode(
            text="brand:N"
        )

    return _draw(build, "Reviews read and mean stars, by brand")


def rating_over_time(report: Report) -> Chart | None:
    """Mean stars by quarter with n at each point; None with fewer than two quarters."""
    points = [
        {"period": p.period, "stars": stars, "n": f"n {n}", "own": own}
        for p in report.voice.over_time
        for own, stars, n in ((True, p.own, p.own_n), (False, p.market, p.market_n))
        if stars is not None
    ]
    if len({p["period"] for p in points}) < 2:
        return None

    def build(alt: Any, width: int) -> altair.TopLevelMixin:
        base = alt.Chart(alt.Data(values=points)).encode(
            x=alt.X("period:O", title=None, axis=alt.Axis(labelAngle=0, grid=False)),
            y=alt.Y("stars:Q", title="Mean stars of 5", scale=alt.Scale(domain=[1, 5])),
            color=_own_or_market(alt),
            detail="own:N",
        )
        line = base.mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=50))
        return line + base.mark_text(dy=-12, fontSize=11).encode(text="n:N")

    return _draw(build, "Mean stars by quarter, own brand and competitors")


def importance_performance(report: Report) -> Chart | None:
    """Share of reviews that mention a theme x our net sentiment, cross-hairs at the medians."""
    points = [
        {"theme": t.label, "importance": 100 * t.importance, "net": 100 * t.own.net}
        for t in report.voice.themes
        if t.own.net is not None
    ]
    if len(points) < 3:
        return None

    def build(alt: Any, width: int) -> altair.TopLevelMixin:
        base = alt.Chart(alt.Data(values=points))
        marks = base.encode(
            x=alt.X("net:Q", title="Our net sentiment, %", scale=alt.Scale(padding=60, zero=False)),
            y=alt.Y(
                "importance:Q",
                title="Reviews that mention it, %",
                scale=alt.Scale(padding=24, zero=False),
            ),
        )
        rules = base.mark_rule(stroke=_MUTED, strokeDash=[4, 3])
        text = marks.mark_text(dy=-11, fontSize=12, fill=_INK).encode(text="theme:N")
        return (
            rules.encode(x="median(net):Q")
            + rules.encode(y="median(importance):Q")
            + marks.mark_circle(size=80, opacity=1, fill=_OWN)
            + text
        )

    return _draw(build, "Importance and performance of themes, cross-hairs at the medians")


def _own_or_market(alt: Any) -> Any:
    return alt.Color(
        "own:N", scale=alt.Scale(domain=[True, False], range=[_OWN, _MARKET]), legend=None
    )


def _draw(build: Any, label: str) -> Chart:
    # Altair and vl-convert cost 0.8 s: only a renderer that draws pays for them.
    import altair as alt  # noqa: PLC0415
    import vl_convert  # noqa: PLC0415

    drawn = []
    for width, height in ((_WIDE, 300), (_NARROW, 280)):
        chart = build(alt, width).properties(
            width=width, height=height, background="transparent", padding=4
        )
        spec = _styled(alt, chart).to_dict()
        drawn.append(only_drawing(vl_convert.vegalite_to_svg(spec), label))
    wide, narrow = drawn
    return Chart(wide, narrow, label)


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

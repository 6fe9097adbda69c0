"""Charts are marks and text, in colours of the style sheet, and nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from reports import charts
from reports.report import build_report
from tests.report_data import RUN, build_market

CHARTS = [charts.review_scatter, charts.rating_over_time, charts.importance_performance]


@pytest.fixture(scope="module")
def report():
    now = datetime(2026, 3, 2, 8, tzinfo=UTC)
    return build_report(build_market(Path(":memory:")), RUN, now=now)


@pytest.mark.parametrize("draw", CHARTS, ids=lambda f: f.__name__)
def test_a_chart_is_well_formed_named_and_small(draw, report):
    chart = draw(report)
    for svg in (chart.wide, chart.narrow):
        root = ElementTree.fromstring(svg)
        assert root.get("role") == "img"
        assert root.get("aria-label") == chart.label
        assert len(svg) < 40_000


@pytest.mark.parametrize("draw", CHARTS, ids=lambda f: f.__name__)
def test_a_chart_takes_its_colours_from_the_style_sheet(draw, report):
    svg = draw(report).wide
    colours = {e.get(a) for e in ElementTree.fromstring(svg).iter() for a in ("fill", "stroke")}
    colours -= {None, "none", "transparent"}
    assert colours
    assert all(colour.startswith("var(--") for colour in colours)


def test_the_own_brand_has_a_colour_of_its_own(report):
    svg = charts.review_scatter(report).wide
    assert svg.count('fill="var(--own)"') >= 1
    assert svg.count('fill="var(--market)"') >= 4


@pytest.mark.parametrize(
    ("language", "spelled", "foreign"), [("fa", "[۰-۹]", "[0-9]"), ("de", r"\d,\d", r"\d\.\d")]
)
def test_axes_spell_numbers_as_the_language_does(language, spelled, foreign):
    now = datetime(2026, 3, 2, 8, tzinfo=UTC)
    report = build_report(build_market(Path(":memory:")), RUN, now=now, language=language)
    texts = [
        element.text or ""
        for draw in CHARTS
        for element in ElementTree.fromstring(draw(report).wide).iter(f"{{{charts._SVG}}}text")
    ]
    told = " ".join(text for text in texts if ".example" not in text)
    assert re.search(spelled, told)
    assert not re.search(foreign, told)


@pytest.mark.parametrize("draw", CHARTS, ids=lambda f: f.__name__)
def test_too_little_to_draw_gives_no_chart(draw, report):
    voice = replace(report.voice, themes=(), sources=(), over_time=())
    assert draw(replace(report, voice=voice)) is None


def test_a_name_with_markup_stays_text(report):
    evil = "<script>alert(1)</script>\"'&"
    sources = tuple(replace(s, domain=evil) for s in report.voice.sources[:3])
    svg = charts.review_scatter(replace(report, voice=replace(report.voice, sources=sources))).wide
    root = ElementTree.fromstring(svg)
    assert evil in {e.text for e in root.iter()}
    assert not [e for e in root.iter() if e.tag.endswith("script")]


def test_only_drawing_drops_scripts_links_and_handlers():
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        'onload="x()" viewBox="0 0 1 1"><script>x()</script><a xlink:href="javascript:x()">'
        '<text>a</text></a><image href="http://evil.example/i"/><foreignObject/>'
        '<rect width="1" height="1" fill="#040404" onclick="x()" style="fill:url(http://e)"/></svg>'
    )
    kept = charts.only_drawing(svg, "A chart")
    root = ElementTree.fromstring(kept)
    assert [e.tag.rpartition("}")[2] for e in root.iter()] == ["svg", "rect"]
    assert set(root[0].attrib) == {"width", "height", "fill"}
    assert "var(--own)" in kept
    assert "evil" not in kept

"""Slides: text that fits, tables and charts to edit, the study's look, right to left."""

from __future__ import annotations

import doctest
import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reports.model import Fact, GapFollowUp, OwnNumber
from reports.renderers import pptx as renderer
from reports.renderers import slides
from reports.renderers.slides import Line, height_of
from reports.report import build_report
from tests.report_data import OWN, RUN, build_market
from tests.test_branding import branded, logo_file

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
EMU = 914_400
FOLLOW_UP = GapFollowUp(
    metric="faq_topics",
    label="Core topics in the FAQ",
    state="closed",
    state_label="closed",
    text="Core topics in the FAQ rose from 6 to 9, the median is 9.",
    before_own=6,
    before_median=9,
    own_value=9,
    market_median=9,
    target=9,
    target_reached=True,
    review_date="2026-06-30",
)
NPS = OwnNumber(
    metric="nps",
    label="NPS, spring",
    value=31,
    value_text="+31",
    interval="+22 to +40",
    formula="promoters minus detractors",
    scale="0 to 10",
    n=412,
    period="1 January 2026 to 28 February 2026",
    parts=(Fact("promoters", "201"),),
    note="",
)


@pytest.fixture(scope="module")
def report():
    return build_report(build_market(Path(":memory:")), RUN, now=NOW)


def deck(report):
    pptx = pytest.importorskip("pptx")
    return pptx.Presentation(io.BytesIO(renderer.render(report)))


def texts(presentation) -> str:
    found = []
    for slide in presentation.slides:
        for shape in slide.shapes:
            if shape.has_text_frame:
                found.append(shape.text_frame.text)
            if shape.has_table:
                found += [cell.text for row in shape.table.rows for cell in row.cells]
    return "\n".join(found)


def test_more_text_needs_more_height_and_a_narrow_box_more_still():
    line = Line("Nobody in this market answers two questions that customers ask.", 14)
    assert height_of([line], 4) < height_of([line, line], 4) < height_of([line, line], 2)


def test_text_is_cut_to_its_box_however_long_it_is(report):
    long = replace(
        report,
        title="Customer experience " * 60,
        judgments=tuple(
            replace(j, finding=j.finding * 9, for_us=j.for_us * 9) for j in report.judgments
        ),
        unknowns=report.unknowns * 40,
    )
    for slide in deck(long).slides:
        for shape in slide.shapes:
            assert shape.top + shape.height <= 7.5 * EMU
            if shape.has_table:
                rows = sum(row.height for row in shape.table.rows)
                assert shape.top + rows <= 7.5 * EMU


def test_gaps_of_the_last_run_and_own_numbers_have_a_slide(report):
    changes = replace(report.changes, gaps=(FOLLOW_UP,), gaps_title="1 of 1 earlier gaps closed")
    told = deck(replace(report, changes=changes, own_numbers=(NPS,)))
    assert len(told.slides) == 12
    text = texts(told)
    for part in ("1 of 1 earlier gaps closed", "closed", "NPS, spring", "+22 to +40", "412"):
        assert part in text


def test_charts_hold_the_numbers_of_the_report_and_say_what_they_show(report):
    shapes = [shape for slide in deck(report).slides for shape in slide.shapes]
    charts = [(shape, shape.chart) for shape in shapes if shape.has_chart]
    ours = charts[0][1].plots[0].series[0]
    assert list(ours.values) == [p.own for p in report.positions]
    assert list(charts[0][1].plots[0].categories) == [p.label for p in report.positions]
    assert charts[0][1].value_axis.maximum_scale == 100
    for shape, _ in charts:
        assert shape._element.xpath(".//p:cNvPr")[0].get("descr")


def test_the_dots_have_intervals_and_are_joined(report):
    frame = next(s for slide in deck(report).slides for s in slide.shapes if s.has_chart)
    xml = frame.chart._chartSpace.xml
    assert "<c:hiLowLines>" in xml
    assert xml.count("<c:errBars>") == 1
    own = report.positions[0]
    assert f"<c:v>{own.own - own.low:.2f}</c:v>" in xml


def test_notes_name_the_sources(report):
    notes = [slide.notes_slide.notes_text_frame.text for slide in deck(report).slides]
    assert all(notes)
    entry = report.evidence_of(report.judgments[0].evidence)[0]
    assert f"{entry.id} " in notes[1]
    assert entry.url in notes[1]


def test_what_is_not_known_is_hatched_and_not_zero(report):
    board = next(s.table for slide in deck(report).slides for s in slide.shapes
                 if s.has_table and s.table.cell(1, 0).text.startswith(OWN))  # fmt: skip
    last = board.rows[len(board.rows) - 2]
    assert [cell.text for cell in last.cells][2:] != []
    hatched = [c for row in board.rows for c in row.cells if "a:pattFill" in c._tc.xml]
    assert {c.text for c in hatched} == {"blocked", "not seen", "too few"}


def test_a_persian_deck_is_mirrored(report):
    fa = build_report(build_market(Path(":memory:")), RUN, now=NOW, language="fa")
    for english, persian in zip(deck(report).slides, deck(fa).slides, strict=True):
        one, other = english.shapes.title, persian.shapes.title
        assert one.left + one.width + other.left == pytest.approx(13.333 * EMU, abs=EMU / 20)
        assert all(
            p.get("rtl") == "1"
            for p in persian.shapes._spTree.iter(f"{{{slides._A}}}pPr")
            if p.getparent().findtext(f".//{{{slides._A}}}t")
        )
    board = next(s.table for s in list(deck(fa).slides)[2].shapes if s.has_table)
    assert OWN in board.cell(1, len(board.columns) - 1).text


def test_logo_footer_title_and_accent_stand_on_the_slides(tmp_path):
    told = deck(
        branded(
            report_logo=str(logo_file(tmp_path)),
            report_footer="For the board",
            report_title="Rivals",
            report_accent="#7a1f5c",
        )
    )
    for slide in told.slides:
        assert len([s for s in slide.shapes if s.shape_type == 13]) == 1
        assert any(s.has_text_frame and s.text_frame.text == "For the board" for s in slide.shapes)
    assert told.slides[0].shapes.title.text_frame.text == "Rivals"
    themes = [p for p in told.part.package.iter_parts() if "/theme/" in p.partname]
    assert any(b'<a:accent1><a:srgbClr val="7A1F5C"/>' in p.blob for p in themes)


def test_hidden_sections_have_no_slide():
    hidden = ["gaps", "questions", "brands", "voice"]
    text = texts(deck(branded(report_hidden=hidden)))
    for word in ("What to do first", "Strengths", "We miss", "of reviews"):
        assert word not in text


def test_every_part_of_a_deck_is_well_formed_without_an_own_brand():
    told = deck(build_report(build_market(Path(":memory:"), own=None), RUN, now=NOW))
    assert len(told.slides) >= 9
    assert "What to do first" not in texts(told)


def test_examples_in_docstrings_hold():
    assert doctest.testmod(slides).failed == 0
    assert json.dumps(renderer.MESSAGES)

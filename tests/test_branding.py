"""A report that looks like the study's own: title, logo, accent, footer, sections left out."""

from __future__ import annotations

import base64
import doctest
import json
import re
import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.config import REPORT_SECTIONS, Study, read_study, study_from_dict, study_to_toml
from crawler.errors import ConfigError
from reports import branding
from reports.branding import contrast, read_branding, read_logo
from reports.model import ACCENT, ACCENT_DARK, Branding
from reports.renderers import html, markdown
from reports.report import build_report
from tests.report_data import RUN, build_market

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 50">{}</svg>'
DOT = '<circle cx="25" cy="25" r="20" fill="#0a7d4b"/>'
COLORS = st.tuples(*[st.integers(0, 255)] * 3).map(lambda c: "#{:02x}{:02x}{:02x}".format(*c))


def logo_file(folder: Path, markup: str = DOT, name: str = "logo.svg") -> Path:
    path = folder / name
    path.write_text(SVG.format(markup), encoding="utf-8")
    return path


def branded(**settings):
    db = build_market(Path(":memory:"))
    kept = json.loads(next(db.query("select settings from studies"))["settings"])
    db.execute("update studies set settings = ?", [json.dumps(kept | settings)])
    return build_report(db, RUN, now=NOW)


# Settings


def test_the_look_of_a_report_survives_a_study_file(tmp_path):
    study = Study(
        name="x",
        report_title="Rivals of ours",
        report_logo="/srv/logo.svg",
        report_accent="#7A1F5C",
        report_hidden=("questions", "method"),
        report_footer="Confidential – for the board",
    )
    path = tmp_path / "study.toml"
    path.write_text(study_to_toml(study), encoding="utf-8")
    assert read_study(path) == study


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("report_accent", "blue", "write a color like #0b5885"),
        ("report_accent", "#12", "write a color like #0b5885"),
        ("report_accent", "#fff;} body{", "write a color like #0b5885"),
        ("report_hidden", ["verdict"], "sections are scoreboard, gaps"),
        ("report_title", "two\nlines", "one line of 120 characters"),
        ("report_footer", "x" * 201, "one line of 200 characters"),
    ],
)
def test_a_look_that_cannot_be_is_refused_with_the_way_out(key, value, words):
    with pytest.raises(ConfigError, match=words):
        study_from_dict({"name": "x", key: value}, "study.toml")


def test_title_and_footer_of_the_study_stand_in_the_report():
    report = branded(report_title="Rivals of ours", report_footer="For the board")
    assert report.title == "Rivals of ours"
    assert report.branding.footer == "For the board"


# Colours


@given(COLORS)
def test_any_accent_becomes_legible_on_light_and_on_dark_paper(color):
    look = read_branding({"report_accent": color})
    for accent, papers in (
        (look.accent, ("#ffffff", "#f3f5f7")),
        (look.accent_dark, ("#10171d", "#18212a")),
    ):
        assert all(contrast(accent, paper) >= 4.5 for paper in papers)


def test_a_pale_accent_is_darkened_and_that_is_said():
    look = read_branding({"report_accent": "#FFD700"})
    assert look.accent == "#826e00"
    assert look.notes == (
        "report_accent #ffd700 is too pale for text on white (contrast 1.4, needed 4.5); "
        "#826e00 is used",
    )


def test_without_settings_a_report_has_the_colours_of_the_house():
    assert read_branding({}) == Branding(accent=ACCENT, accent_dark=ACCENT_DARK)


# The logo


def test_a_logo_is_drawn_anew_in_a_size_that_prints(tmp_path):
    logo = read_logo(logo_file(tmp_path))
    png = base64.b64decode(logo.png)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert (logo.width, logo.height) == struct.unpack(">II", png[16:24]) == (720, 180)


def test_a_logo_of_pixels_keeps_its_shape(tmp_path):
    first = read_logo(logo_file(tmp_path))
    path = tmp_path / "logo.png"
    path.write_bytes(base64.b64decode(first.png))
    assert (read_logo(path).width, read_logo(path).height) == (720, 180)


def test_a_hostile_svg_loses_all_that_runs_or_loads(tmp_path):
    (tmp_path / "secret.png").write_bytes(base64.b64decode(read_logo(logo_file(tmp_path)).png))
    clean = read_logo(logo_file(tmp_path)).png
    secret = f'<image href="{tmp_path}/secret.png" width="200" height="50"/>'
    evil = (
        "<script>x()</script><foreignObject><b>x</b></foreignObject>"
        f"{secret}{secret.replace('href', 'xlink:href')}"
        '<use href="#a"/><style>@import url(http://evil.example/x.css);</style>'
        f"{DOT.replace('/>', ' onload=' + chr(34) + 'x()' + chr(34) + '/>')}"
    )
    path = tmp_path / "evil.svg"
    path.write_text(
        SVG.format(evil).replace("<svg ", '<svg xmlns:xlink="http://www.w3.org/1999/xlink" ')
    )
    assert read_logo(path).png == clean


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a\x01\x00\x01\x00",
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 8 + struct.pack(">II", 50_000, 50_000) + b"\x00" * 9,
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 8 + struct.pack(">II", 50, 50) + b"\x00" * 9,
        b"\xff\xd8\xff\xe0\x00\x02\xff\xc0\x00\x0b\x08\x00\x10\x00\x10\x01\x11",
        b"<html><body>no</body></html>",
        SVG.format("").encode(),
        SVG.format(DOT).replace("viewBox", "box").encode(),
        b'<!DOCTYPE svg [<!ENTITY a "x">]>' + SVG.format("<text>&a;</text>").encode(),
        b"x" * 1_000_001,
    ],
    ids="empty gif huge cut-png cut-jpeg html blank-svg sizeless-svg entity large".split(),
)
def test_what_is_no_picture_is_refused(tmp_path, content):
    path = tmp_path / "logo"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="save it"):
        read_logo(path)


def test_a_logo_that_is_gone_costs_the_logo_and_not_the_report():
    report = branded(report_logo="/nowhere/logo.svg")
    assert report.branding.logo is None
    assert "cannot be read: No such file" in report.branding.notes[0]


# Hidden sections


def test_hidden_sections_hold_nothing_and_their_evidence_is_gone():
    whole, report = branded(), branded(report_hidden=["gaps", "brands", "voice"])
    assert report.gaps == report.pages == report.voice.sources == report.own_numbers == ()
    assert 0 < len(report.evidence) < len(whole.evidence)


def test_a_report_without_its_register_cites_nothing():
    report = branded(report_hidden=["evidence"])
    assert report.evidence == report.judgments[0].evidence == report.gaps[0].evidence == ()


def test_a_report_can_hide_all_but_its_verdict():
    report = branded(report_hidden=list(REPORT_SECTIONS))
    assert report.judgments
    assert report.brands == report.gaps == report.method.notes == report.collection.facts == ()


def test_examples_in_docstrings_hold():
    assert doctest.testmod(branding).failed == 0


# The page


def page_of(**settings) -> str:
    return html.render(branded(**settings)).decode()


def test_the_page_shows_logo_footer_and_accent_and_still_asks_for_nothing(tmp_path):
    text = page_of(
        report_logo=str(logo_file(tmp_path)),
        report_footer="For the <board>",
        report_accent="#7a1f5c",
    )
    assert re.search(r'<img class="logo" src="data:image/png;base64,[\w+/=]+" width="720"', text)
    assert "For the &lt;board&gt;</p>" in text
    assert "--accent: #7a1f5c" in text
    assert set(re.findall(r'src="(.{5})', text)) == {"data:"}


@pytest.mark.parametrize("section", REPORT_SECTIONS)
def test_the_page_leaves_a_hidden_section_out_and_counts_on(section):
    text = page_of(report_hidden=[section])
    assert f'id="{section}"' not in text
    assert f'"#{section}"' not in text
    numbers = [int(n) for n in re.findall(r'<h2 [^>]*><span class="no">(\d+)', text)]
    assert numbers == list(range(1, 11))
    ids = set(re.findall(r' id="([^"]+)"', text))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= ids


# The command


def test_the_command_takes_the_look_says_what_it_corrects_and_gives_it_back(tmp_path):
    from click.testing import CliRunner

    from crawler.app.cli import cli

    def call(*words: str):
        return CliRunner().invoke(cli, ["--home", str(tmp_path), *words])

    logo = str(logo_file(tmp_path))
    look = ("--report-logo", logo, "--report-accent", "#ffd700", "--report-hide", "method")
    added = call("study", "add", "shoes", "-k", "shoes", "--provider", "ddgs", *look)
    assert added.exit_code == 0, added.output
    assert "too pale for text on white" in added.stderr
    assert f'report_logo = "{logo}"' in call("study", "show", "shoes").stdout
    assert call("study", "edit", "shoes", "--report-logo", "", "--report-hide", "").exit_code == 0
    shown = call("study", "show", "shoes").stdout
    assert "report_logo" not in shown
    assert "report_hidden" not in shown
    assert "report_accent" in shown
    wrong = call("study", "edit", "shoes", "--report-logo", str(tmp_path / "none.png"))
    assert "cannot be read: No such file" in str(wrong.exception or wrong.output)


# Markdown


@pytest.mark.parametrize("section", REPORT_SECTIONS)
def test_markdown_has_a_heading_less_for_each_hidden_section_and_none_is_empty(section):
    whole, text = (
        markdown.render(branded(report_hidden=hidden)).decode() for hidden in ([], [section])
    )
    headings = [line for line in text.splitlines() if line.startswith("## ")]
    assert len(headings) == len(re.findall("^## ", whole, re.MULTILINE)) - 1
    assert "## " not in headings


def test_markdown_ends_in_the_footer_of_the_study():
    text = markdown.render(branded(report_footer="For <us>")).decode()
    assert text.endswith("---\n\nFor &lt;us&gt;\n")


def test_the_footer_of_printed_pages_cannot_leave_its_style_sheet():
    text = page_of(report_footer='"; } </style><script>x</script> é')
    rule = re.search(r"@bottom-left \{ content: (\"[^\"]*\")", text)[1]
    assert re.fullmatch(r'"([A-Za-z0-9]|\\[0-9a-f]+ )*"', rule)
    assert "<script>" not in text

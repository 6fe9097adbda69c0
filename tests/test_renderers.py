"""Every format: complete, safe with hostile text, and honest about what is missing."""

from __future__ import annotations

import csv
import doctest
import io
import json
import os
import re
import sys
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest

from crawler.browser import find_browser
from crawler.errors import ConfigError
from reports.renderers import RENDERERS, html, markdown, pdf
from reports.renderers import csv as csv_renderer
from reports.report import build_report
from reports.schema import PATH, report_schema
from tests.report_data import OWN, RUN, build_market

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOSTILE = [
    "<script>window.__xss=1</script>",
    "<img src=x onerror=window.__xss=1>",
    "\"><svg/onload=alert(1)>' onmouseover='window.__xss=1",
    "</style></title></textarea><iframe src=javascript:alert(1)>",
    "{{ 7*7 }}{% for x in [].__class__ %}${7*7}<%= 7 %>",
    "javascript:window.__xss=1",
    "![x](http://evil.example/p.png) [link](javascript:alert(1)) `x` | # *b* <http://evil.example>",
    '=HYPERLINK("http://evil.example";"x")',
    "\u202eevil\u202c مرحبا بالعالم שלום 😀👩‍👩‍👧 \u0000\u0007",
    "Donaudampfschifffahrtsgesellschaft" * 12,
]


@pytest.fixture(scope="module")
def report():
    return build_report(build_market(Path(":memory:")), RUN, now=NOW)


@pytest.fixture(scope="module")
def hostile():
    return build_report(build_market(Path(":memory:"), hostile=" ".join(HOSTILE)), RUN, now=NOW)


class Page(HTMLParser):
    """Elements, attributes and text as a browser would read them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)

    def attributes(self, name):
        return [attrs[name] or "" for _, attrs in self.tags if name in attrs]


@pytest.fixture(scope="module")
def hostile_page(hostile):
    return Page(html.render(replace(hostile, evidence_base="evidence")).decode())


# All formats


@pytest.mark.parametrize("name", RENDERERS)
def test_a_renderer_says_what_it_makes(name):
    renderer = RENDERERS[name]
    assert re.fullmatch(r"\.[a-z]+", renderer.suffix)
    assert "/" in renderer.media_type
    assert renderer.__doc__


# HTML


def test_html_has_no_element_that_runs_or_loads(hostile_page):
    names = {tag for tag, _ in hostile_page.tags}
    assert not names & {"script", "iframe", "object", "embed", "img", "link", "form", "base", "a:a"}
    handlers = [a for _, attrs in hostile_page.tags for a in attrs if a.startswith("on")]
    assert handlers == []


def test_html_links_only_to_web_pages_itself_and_saved_copies(hostile_page):
    allowed = re.compile(r"#[\w-]+|https?://[\w.-]+\.example/\S*|evidence/[\w.-]+\.html")
    hrefs = hostile_page.attributes("href")
    assert hrefs
    assert [h for h in hrefs if not allowed.fullmatch(h)] == []
    assert hostile_page.attributes("src") == []


def test_html_shows_hostile_text_as_text(hostile_page):
    text = " ".join(hostile_page.text)
    for payload in HOSTILE[:8] + HOSTILE[9:]:
        assert re.sub(r"\s+", " ", payload) in text
    assert "مرحبا بالعالم" in text
    assert "49{%" not in text


def test_html_forbids_everything_by_policy(report):
    page = Page(html.render(report).decode())
    policy = next(a["content"] for t, a in page.tags if a.get("http-equiv"))
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")


def test_html_asks_for_no_resource(report):
    text = html.render(report).decode()
    assert not re.search(r"@import|url\(|<link|\bsrc=|srcset=", text)


def test_html_has_one_heading_per_section_and_a_way_past_the_navigation(report):
    page = Page(html.render(report).decode())
    names = [tag for tag, _ in page.tags]
    assert names.count("h1") == names.count("main") == names.count("nav") == 1
    ids = page.attributes("id")
    assert len(ids) == len(set(ids))
    skip = next(a["href"] for t, a in page.tags if a.get("class") == "skip")
    assert skip[1:] in ids


def test_every_link_inside_the_page_has_its_target(report):
    page = Page(html.render(report).decode())
    ids = set(page.attributes("id"))
    inside = {h[1:] for h in page.attributes("href") if h.startswith("#")}
    assert inside <= ids


def test_every_table_has_a_caption_and_scoped_headers(report):
    page = Page(html.render(report).decode())
    tables = [tag for tag, _ in page.tags].count("table")
    assert tables == [tag for tag, _ in page.tags].count("caption") > 10
    assert [a for t, a in page.tags if t == "th" and "scope" not in a] == []


def test_every_drawing_has_a_name_or_is_hidden_from_readers(report):
    page = Page(html.render(report).decode())
    outer = [a for t, a in page.tags if t == "svg" and a.get("overflow") != "visible"]
    assert outer
    assert [a for a in outer if not a.get("aria-label") and a.get("aria-hidden") != "true"] == []


def test_html_prints_words_where_there_is_no_number(report):
    text = html.render(report).decode()
    for words in ("blocked", "not seen", "too few"):
        assert f'<span class="words">{words}</span>' in text


def test_saved_pages_are_linked_only_when_somebody_saved_them(report):
    assert "evidence/rec-" not in html.render(report).decode()
    linked = html.render(replace(report, evidence_base="evidence")).decode()
    assert 'href="evidence/rec-fernwheel-faq.html"' in linked


def test_paper_opens_every_drawer_but_those_that_the_register_repeats(report):
    text = html.render(report, expanded=True).decode()
    closed = re.findall(r"<details(?![^>]* open)[^>]*>", text)
    assert set(closed) == {'<details class="proof">'}
    assert " open>" in text


def test_ten_brands_stay_under_two_megabytes(report):
    page = report.pages[0]
    many = replace(report, pages=tuple(replace(page, domain=f"b{i}.example") for i in range(10)))
    many = replace(many, evidence=report.evidence * 12)
    assert len(html.render(many)) < 2_000_000


def test_long_lists_are_cut_and_counted(report):
    many = replace(report, brands=report.brands * 20)
    text = html.render(many).decode()
    assert f"{len(many.brands) - 40} more in the XLSX, CSV and JSON files." in text


@pytest.mark.parametrize(
    "url",
    [
        *("javascript:alert(1)", "JAVASCRIPT:x", "data:text/html,x", "//evil.example"),
        *("java\nscript:x", "https://", "http://[", "vbscript:x", "file:///etc/passwd"),
        *("https://a.example/ b", "", None),
    ],
)
def test_what_is_no_web_address_is_no_link(url):
    assert html.web_address(url) is None


# A browser, where there is one


CHROMIUM = find_browser(os.environ.get("CXSCOUT_BROWSER"))
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no browser is installed")


@needs_browser
def test_nothing_runs_and_nothing_loads_in_a_browser(hostile, tmp_path):
    from playwright.sync_api import sync_playwright

    path = tmp_path / "report.html"
    path.write_bytes(html.render(hostile))
    seen: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        page = browser.new_page(viewport={"width": 360, "height": 800})
        page.on("request", lambda request: seen.append(request.url))
        page.on("dialog", lambda dialog: (seen.append(dialog.message), dialog.dismiss()))
        page.goto(path.as_uri())
        ran = page.evaluate("window.__xss !== undefined")
        widths = []
        for width in (360, 390, 768, 1280, 1920):
            page.set_viewport_size({"width": width, "height": 800})
            widths.append(page.evaluate("document.documentElement.scrollWidth") - width)
        browser.close()
    assert seen == [path.as_uri()]
    assert ran is False
    assert max(widths) <= 0


# JSON


def test_json_fits_the_published_schema(report, hostile):
    schema = json.loads(PATH.read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    for one in (report, hostile):
        validator.validate(json.loads(RENDERERS["json"].render(one)))


def test_published_schema_is_the_one_of_the_dataclasses():
    assert json.loads(PATH.read_text(encoding="utf-8")) == report_schema()


def test_schema_refuses_a_field_that_it_does_not_know(report):
    value = json.loads(RENDERERS["json"].render(report)) | {"surprise": 1}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(value, report_schema())


def test_json_keeps_what_is_not_known_as_null(report):
    value = json.loads(RENDERERS["json"].render(report))
    blocked = next(r for r in value["scoreboard"]["rows"] if r["domain"] == "gatekeep.example")
    assert [c["score"] for c in blocked["cells"]].count(None) == 7


# Markdown


def test_markdown_holds_judgments_gaps_and_evidence(report):
    text = RENDERERS["md"].render(report).decode()
    assert text.startswith(f"# Customer experience of {OWN}")
    assert text.count("For us this means") == 5
    assert "- **E1** " in text


def test_markdown_of_hostile_text_has_no_link_no_html_no_code(hostile):
    text = RENDERERS["md"].render(hostile).decode()
    outside_code = re.sub(r"`https://www\.[\w.]+\.example/\w*`", "", text)
    assert not re.search(r"(?<!\\)\]\(|(?<!\\)!\[|<[a-zA-Z/!]|(?<!\\)`", outside_code)
    assert not re.search(r"https?://", outside_code)
    assert "\\{\\{ 7\\*7 \\}\\}" in text


def test_markdown_tables_keep_their_columns(hostile):
    lines = RENDERERS["md"].render(hostile).decode().splitlines()
    rows = [line for line in lines if line.startswith("| ")]
    cells = [len(re.findall(r"(?<!\\)\|", line)) for line in rows]
    for before, line, count in zip(rows, rows[1:], cells[1:], strict=False):
        if lines.index(line) - lines.index(before) == 1:
            assert count == len(re.findall(r"(?<!\\)\|", before))


# XLSX


def _office(name, report):
    """The file, where the packages of the extra `office` are installed."""
    pytest.importorskip({"xlsx": "xlsxwriter", "pptx": "pptx"}[name])
    return RENDERERS[name].render(report)


def _book(content):
    openpyxl = pytest.importorskip("openpyxl")
    return openpyxl.load_workbook(io.BytesIO(content))


def test_xlsx_has_a_sheet_a_topic_with_filter_and_frozen_head(report):
    book = _book(_office("xlsx", report))
    assert {"Summary", "Scoreboard", "Gaps", "SWOT", "Evidence", "Method"} <= set(book.sheetnames)
    for sheet in book:
        assert sheet.freeze_panes == "B4"
        assert sheet.auto_filter.ref


def test_xlsx_keeps_numbers_as_numbers_and_words_for_what_is_not_known(report):
    sheet = _book(_office("xlsx", report))["Scoreboard"]
    rows = {row[0].value: row for row in sheet.iter_rows(min_row=4)}
    assert rows[OWN][2].value == 46
    assert rows["gatekeep.example"][2].value == "blocked"


def test_xlsx_holds_no_formula_and_no_link_and_all_of_the_text(hostile):
    content = _office("xlsx", hostile)
    book = _book(content)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert [c.coordinate for c in cells if c.data_type == "f" or c.hyperlink] == []
    texts = [c.value for c in cells if isinstance(c.value, str)]
    assert any(HOSTILE[7] in text and HOSTILE[0] in text for text in texts)
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        parts = [n for n in package.namelist() if n.endswith(".rels")]
        assert not any(b'TargetMode="External"' in package.read(n) for n in parts)


def test_xlsx_cuts_text_that_excel_cannot_hold(report):
    long = replace(report, unknowns=("x" * 40_000,))
    sheet = _book(_office("xlsx", long))["Summary"]
    longest = max(len(str(cell.value)) for row in sheet.iter_rows() for cell in row)
    assert longest == 32_767


def test_office_formats_say_which_extra_they_need(report, monkeypatch):
    for name, package in (("xlsx", "xlsxwriter"), ("pptx", "pptx")):
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(ConfigError, match=r"cxscout\[office\]"):
            RENDERERS[name].render(report)


# CSV


def _sheets(content):
    with zipfile.ZipFile(io.BytesIO(content)) as bundle:
        return {
            name: list(csv.reader(io.StringIO(bundle.read(name).decode("utf-8-sig"))))
            for name in bundle.namelist()
        }


def test_csv_files_begin_with_a_byte_order_mark_and_have_safe_names(report):
    content = RENDERERS["csv"].render(report)
    with zipfile.ZipFile(io.BytesIO(content)) as bundle:
        for name in bundle.namelist():
            assert re.fullmatch(r"[a-z0-9-]+\.csv", name)
            assert bundle.read(name).startswith(b"\xef\xbb\xbf")


def test_csv_leaves_negative_numbers_numbers(report):
    themes = _sheets(RENDERERS["csv"].render(report))["themes.csv"]
    nets = [row[5] for row in themes[1:]]
    assert any(float(net) < 0 for net in nets)


def test_the_same_report_gives_the_same_csv(report):
    assert RENDERERS["csv"].render(report) == RENDERERS["csv"].render(report)


@pytest.mark.parametrize(
    "text",
    [
        *("=1+1", "+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "\n=1", " =1", "\ufeff=1", "\u200b=1"),
        *("\uff1d1", "\uff0b1", "\uff0d1", "\uff20x", "|cmd", "%0A=1", "\xa0=1"),
    ],
)
def test_text_that_a_spreadsheet_could_run_begins_with_an_apostrophe(text):
    assert csv_renderer.safe_cell(text) == "'" + text


def test_csv_of_a_hostile_formula_is_text():
    db = build_market(Path(":memory:"))
    db.execute("update gaps set text = '=cmd()', goal = '@x', kpi = '-2+3'")
    rows = _sheets(RENDERERS["csv"].render(build_report(db, RUN, now=NOW)))["gaps.csv"]
    assert rows[1][3] == "'=cmd()"
    assert "'@x" in rows[1]
    assert "'-2+3" in rows[1]


# PPTX


def _slides(content):
    pptx = pytest.importorskip("pptx")
    return list(pptx.Presentation(io.BytesIO(content)).slides)


def test_pptx_has_ten_to_twelve_slides_with_native_tables_and_charts(report):
    slides = _slides(_office("pptx", report))
    assert 10 <= len(slides) <= 12
    shapes = [shape for slide in slides for shape in slide.shapes]
    assert sum(shape.has_table for shape in shapes) == 10
    assert sum(shape.has_chart for shape in shapes) == 3


def test_every_slide_has_a_title_and_nothing_leaves_the_slide(report):
    for slide in _slides(_office("pptx", report)):
        assert slide.shapes.title.text_frame.text
        for shape in slide.shapes:
            assert shape.left + shape.width <= 13.34 * 914_400
            assert shape.top + shape.height <= 7.5 * 914_400


def test_pptx_has_no_link_to_the_outside_and_no_macro(hostile):
    content = _office("pptx", hostile)
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        names = package.namelist()
        parts = b"".join(package.read(n) for n in names if n.endswith((".rels", ".xml")))
    assert b'TargetMode="External"' not in parts
    assert b"hlinkClick" not in parts
    assert not [n for n in names if "vba" in n.lower() or ("embed" in n and ".xlsx" not in n)]


# PDF


@needs_browser
def test_pdf_has_no_script_and_no_attachment(hostile):
    content = pdf.render(hostile, browser=CHROMIUM)
    assert content.startswith(b"%PDF-")
    assert not re.search(rb"/(JavaScript|JS|EmbeddedFile|Launch|OpenAction)\b", content)


@needs_browser
def test_pdf_of_seven_brands_has_at_most_thirty_pages(report):
    content = pdf.render(report, browser=CHROMIUM)
    assert 10 <= len(re.findall(rb"/Type\s*/Page\b", content)) <= 30


def test_pdf_without_a_browser_tells_the_way_out(report, tmp_path):
    with pytest.raises(ConfigError, match="CXSCOUT_BROWSER, or take --format html"):
        pdf.render(report, browser=str(tmp_path / "no-browser"))


def test_examples_in_docstrings_hold():
    for module in (csv_renderer, html, markdown):
        assert doctest.testmod(module).failed == 0

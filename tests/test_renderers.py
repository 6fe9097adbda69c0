"""Every format: complete, safe with hostile text, and honest about what is missing."""

from __future__ import annotations

import doctest
import json
import os
import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest

from reports.renderers import RENDERERS, html, markdown
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


def test_paper_opens_every_drawer(report):
    text = html.render(report, expanded=True).decode()
    assert text.count("<details") == len(re.findall(r"<details[^>]* open>", text))


def test_ten_brands_stay_under_two_megabytes(report):
    page = report.pages[0]
    many = replace(report, pages=tuple(replace(page, domain=f"b{i}.example") for i in range(10)))
    many = replace(many, evidence=report.evidence * 12)
    assert len(html.render(many)) < 2_000_000


def test_long_lists_are_cut_and_counted(report):
    many = replace(report, brands=report.brands * 20)
    text = html.render(many).decode()
    assert f"{len(many.brands) - 40} more sites in the XLSX, CSV and JSON files." in text


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


def _chromium() -> str | None:
    return os.environ.get("CXSCOUT_BROWSER") or shutil.which("chromium")


@pytest.mark.skipif(_chromium() is None, reason="no Chromium on this machine")
def test_nothing_runs_and_nothing_loads_in_a_browser(hostile, tmp_path):
    from playwright.sync_api import sync_playwright

    path = tmp_path / "report.html"
    path.write_bytes(html.render(hostile))
    seen: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_chromium(),
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
    assert "- **E1** “" in text


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


def test_markdown_examples_hold():
    assert doctest.testmod(markdown).failed == 0
    assert doctest.testmod(html).failed == 0

"""A report full of payloads runs nowhere: browser, spreadsheet, slides, and the files themselves.

Every scraped text of the market ends in a payload, and whole cells are payloads; a server on
loopback must never be asked.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
import threading
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from reports.locale import ENGLISH
from reports.renderers import RENDERERS, xlsx
from reports.renderers import csv as csv_renderer
from reports.report import build_report
from reports.rows import long_tables
from tests.report_data import RUN, build_market
from tests.test_renderers import CHROMIUM, needs_browser

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
FORMULAS = [
    *("=2*21", "+2*21", "-2*21", "@INDEX(A1:A9,2)", "\t=2*21", "\n=2*21", "\r\n=2*21", "\xa0=2*21"),
    *('=HYPERLINK("{canary}/h","open")', '=WEBSERVICE("{canary}/w")', '=IMAGE("{canary}/i.png")'),
    *('=IMPORTDATA("{canary}/d")', "=cmd|'/c calc'!A1", '=DDE("cmd";"/c calc";"1")', "{{=2*21}}"),
    *("\uff1d2*21", "\uff0b2", "\ufeff=2*21", "\u200e=2*21", "'=2*21", '"=2*21', ";=2*21", "|ls"),
    *(
        "=2*21\x00",
        "%3D2*21",
        "1;=2*21",
        "{canary}/link",
        "mailto:a@a.example",
        "file:///etc/hosts",
    ),
]
MARKUP = [
    "<script>fetch('{canary}/s')</script>",
    '"><img src={canary}/p onerror="window.__ran=1">',
    "</title></style></textarea></script><svg onload=window.__ran=1>",
    "<iframe srcdoc='<script>parent.__ran=1</script>'></iframe>",
    '<a href="java\tscript:window.__ran=1">x</a><base href={canary}/>',
    "<meta http-equiv=refresh content='0;url={canary}/r'><link rel=stylesheet href={canary}/c>",
    "{{{{ cycler.__init__.__globals__ }}}} {{% raw %}} ${{7*7}} <%= 7*7 %> #{{7*7}}",
    "<!--[if mso]><v:rect src='{canary}/v'><![endif]--> ]]> <?xml version='1.0'?><!DOCTYPE a>",
    "&lt;script&gt;window.__ran=1&lt;/script&gt; \u2028 \u202egpj.exe \ud83d\udca9".encode(
        "utf-16", "surrogatepass"
    ).decode("utf-16"),
    "[x](javascript:alert(1)) ![i]({canary}/m) <{canary}/auto> `x` || x",
]


@pytest.fixture(scope="module")
def canary():
    """An address on loopback, and what was asked of it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def payloads(canary):
    return [text.format(canary=canary[0]) for text in (*FORMULAS, *MARKUP)]


@pytest.fixture(scope="module")
def db(payloads):
    """A market in which every text ends in all markup, and reviews and answers are payloads."""
    market = build_market(Path(":memory:"), hostile=" ".join(payloads[len(FORMULAS) :]))
    for table, column in (("reviews", "text"), ("faq_entries", "question"), ("pages", "title")):
        ids = [row["id"] for row in market.query(f"select id from {table}")]
        for i, row in enumerate(ids):
            text = payloads[i % len(payloads)]
            market.execute(f"update {table} set {column} = ? where id = ?", [text, row])
    for i, row in enumerate(list(market.query("select id from gaps"))):
        values = [payloads[(i * 3 + step) % len(payloads)] for step in range(3)]
        sql = "update gaps set text = ?, goal = ?, kpi = ? where id = ?"
        market.execute(sql, [*values, row["id"]])
    return market


@pytest.fixture(scope="module")
def report(db, payloads):
    made = build_report(db, RUN, now=NOW)
    look = replace(made.branding, footer=payloads[0], title=payloads[30])
    return replace(made, branding=look)


@pytest.fixture(scope="module")
def files(db, report, tmp_path_factory):
    """Each format as a file; XLSX and CSV with every row of the database."""
    folder = tmp_path_factory.mktemp("payloads")
    for name in ("html", "pptx", "md", "json"):
        if name == "pptx":
            pytest.importorskip("pptx")
        (folder / f"report.{name}").write_bytes(RENDERERS[name].render(report))
    with (folder / "report.zip").open("w+b") as out:
        csv_renderer.write(report, out, long_tables(db, report, ENGLISH))
    pytest.importorskip("xlsxwriter")
    with (folder / "report.xlsx").open("w+b") as out:
        xlsx.write(report, out, long_tables(db, report))
    return folder


def relations(path: Path) -> bytes:
    with zipfile.ZipFile(path) as package:
        return b"".join(package.read(n) for n in package.namelist() if n.endswith(".rels"))


@pytest.mark.parametrize("name", ["report.xlsx", "report.pptx"])
def test_an_office_file_points_at_nothing_outside_and_holds_no_macro(files, name):
    assert b'TargetMode="External"' not in relations(files / name)
    with zipfile.ZipFile(files / name) as package:
        names = package.namelist()
        ours = [n for n in names if n.endswith(".xml") and not re.search("Layout|Master", n)]
        parts = b"".join(package.read(n) for n in ours)
    assert not [n for n in names if re.search(r"vba|activeX|externalLink|oleObject|customXml", n)]
    assert not re.search(
        rb"<(f|hyperlink|a:hlinkClick|a:fld|w:instrText|oleObj|ddeLink)[ >]", parts
    )


def test_no_cell_of_the_workbook_is_a_formula_and_every_payload_is_there_as_text(files, payloads):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.load_workbook(files / "report.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert [c.coordinate for c in cells if c.data_type == "f" or c.hyperlink] == []
    texts = {c.value for c in cells if isinstance(c.value, str)}
    kept = [re.sub("[\x00\r]", "", text) for text in payloads[: len(FORMULAS)]]
    assert [
        t for t in kept if t.replace("\n", "") not in {x.replace("\n", "") for x in texts}
    ] == []


def test_no_field_of_the_csv_begins_like_a_formula(files):
    with zipfile.ZipFile(files / "report.zip") as bundle:
        assert all(re.fullmatch(r"[a-z0-9-]+\.csv", name) for name in bundle.namelist())
        rows = [
            field
            for name in bundle.namelist()
            for row in csv.reader(io.StringIO(bundle.read(name).decode("utf-8-sig")))
            for field in row
        ]
    number = re.compile(r"-?\d+(\.\d+)?(e-?\d+)?")
    risky = re.compile("^[\\s\u200e\ufeff\"';]*[=+@|\uff1d\uff0b-]")
    bare = [f for f in rows if not f.startswith("'") and not number.fullmatch(f)]
    assert [f for f in bare if risky.match(f)] == []
    assert any(f.startswith("'=") for f in rows)


def test_slides_have_no_link_and_show_payloads_as_text(files, payloads):
    pptx = pytest.importorskip("pptx")
    told = []
    for slide in pptx.Presentation(files / "report.pptx").slides:
        told.append(slide.notes_slide.notes_text_frame.text)
        for shape in slide.shapes:
            if shape.has_text_frame:
                told.append(shape.text_frame.text)
            if shape.has_table:
                told += [cell.text for row in shape.table.rows for cell in row.cells]
    assert payloads[0] in told
    assert any("<script>" in text for text in told)


@needs_browser
def test_the_page_runs_nothing_and_asks_for_nothing(files, canary):
    from playwright.sync_api import sync_playwright

    seen: list[str] = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        page = browser.new_page()
        page.on("request", lambda request: seen.append(request.url))
        page.on("dialog", lambda dialog: (seen.append(dialog.message), dialog.dismiss()))
        page.goto((files / "report.html").as_uri())
        ran = page.evaluate("window.__ran !== undefined")
        links = page.evaluate("[...document.links].map(a => a.protocol)")
        browser.close()
    assert ran is False
    assert seen == [(files / "report.html").as_uri()]
    assert set(links) <= {"file:", "http:", "https:"}
    assert canary[1] == []


def _office() -> str | None:
    return shutil.which("soffice")


@pytest.mark.skipif(_office() is None, reason="no LibreOffice on this machine")
def test_libreoffice_computes_and_fetches_nothing(files, canary, tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    with zipfile.ZipFile(files / "report.zip") as bundle:
        (tmp_path / "rows.csv").write_bytes(bundle.read("review-texts.csv"))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    for source, target in (
        (tmp_path / "rows.csv", "xlsx"),
        (files / "report.xlsx", "ods"),
        (files / "report.pptx", "pdf"),
    ):
        command = [_office(), profile, "--headless", "--convert-to", target, "--outdir", tmp_path]
        subprocess.run([*command, source], check=True, capture_output=True, timeout=240)
    sheet = openpyxl.load_workbook(tmp_path / "rows.xlsx").active
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert [c.value for c in cells if c.data_type == "f"] == []
    with zipfile.ZipFile(tmp_path / "report.ods") as package:
        content = package.read("content.xml")
    assert b"table:formula=" not in content
    assert b"xlink:href" not in content
    links = re.findall(rb"/URI\s*\(([^)]*)\)", (tmp_path / "report.pdf").read_bytes())
    assert links == []
    assert canary[1] == []

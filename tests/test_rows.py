"""Every review, FAQ entry, search result and page in XLSX and CSV, row by row, as text."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reports.locale import ENGLISH
from reports.model import Branding
from reports.renderers import csv as csv_renderer
from reports.renderers import xlsx
from reports.report import build_report
from reports.rows import long_tables
from reports.tables import Column, Table, tables
from tests.report_data import RUN, build_market

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.fixture
def db():
    return build_market(Path(":memory:"))


def bundle(db, report):
    out = io.BytesIO()
    csv_renderer.write(report, out, long_tables(db, report, ENGLISH))
    with zipfile.ZipFile(out) as zipped:
        return {
            name: list(csv.DictReader(io.StringIO(zipped.read(name).decode("utf-8-sig"))))
            for name in zipped.namelist()
        }


def test_every_review_faq_entry_and_page_of_the_run_is_in_the_bundle(db):
    files = bundle(db, build_report(db, RUN, now=NOW))
    for name, table in (
        ("review-texts.csv", "reviews"),
        ("faq-entries.csv", "faq_entries"),
        ("all-pages.csv", "pages"),
    ):
        count = db.execute(f"select count(*) from {table} where run_id = ?", [RUN]).fetchone()[0]
        assert len(files[name]) == count > 0


def test_texts_are_shortened_and_no_writer_is_in_them(db):
    db.execute("update reviews set text = ?", ["long " * 400])
    report = build_report(db, RUN, now=NOW)
    rows = bundle(db, report)["review-texts.csv"]
    assert {len(row["Text"]) for row in rows} == {320}
    hashes = {r["author_hash"] for r in db.query("select author_hash from reviews")}
    assert not hashes & {value for row in rows for value in row.values()}


def test_hidden_sections_have_no_rows_either(db):
    kept = json.loads(next(db.query("select settings from studies"))["settings"])
    settings = json.dumps(kept | {"report_hidden": ["voice", "collected"]})
    db.execute("update studies set settings = ?", [settings])
    names = set(bundle(db, build_report(db, RUN, now=NOW)))
    assert not names & {"review-texts.csv", "all-pages.csv", "reviews.csv", "visits.csv"}
    assert "faq-entries.csv" in names


def test_memory_does_not_grow_with_the_rows(db, tmp_path):
    report = build_report(db, RUN, now=NOW)
    columns = (Column("Text"), Column("Stars", "number"), Column("Date", "date"))

    def peak(count: int) -> int:
        rows = (("a review " * 20, i % 5, "2026-03-01") for i in range(count))
        tracemalloc.start()
        with (tmp_path / "big.zip").open("wb") as sink:
            csv_renderer.write(report, sink, [Table("Big", "Big", "Big", columns, rows)])
        reached = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return reached

    assert peak(8000) < peak(1000) + 200_000


def test_a_workbook_of_many_rows_keeps_them_on_disk_and_their_kinds(db, tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    pytest.importorskip("xlsxwriter")
    report = build_report(db, RUN, now=NOW)
    path = tmp_path / "big.xlsx"
    columns = (Column("Text"), Column("Stars", "number"), Column("Date", "date"))
    rows = (("=1+1", i, "2026-03-01T10:00:00+02:00") for i in range(3000))
    with path.open("w+b") as out:
        xlsx.write(report, out, [Table("Big", "Big", "All of them", columns, rows)])
    sheet = openpyxl.load_workbook(path)["Big"]
    assert sheet.max_row == 3003
    text, stars, date = (cell for cell in sheet[3003])
    assert (text.value, text.data_type) == ("=1+1", "s")
    assert stars.value == 2999
    assert date.value == datetime(2026, 3, 1, 8, 0)
    assert sheet.auto_filter.ref == "A3:C3003"


def test_a_persian_workbook_reads_from_the_right_and_csv_stays_english(db):
    openpyxl = pytest.importorskip("openpyxl")
    pytest.importorskip("xlsxwriter")
    report = build_report(db, RUN, now=NOW, language="fa")
    book = openpyxl.load_workbook(io.BytesIO(xlsx.render(report)))
    assert all(sheet.sheet_view.rightToLeft for sheet in book)
    assert "gaps.csv" in bundle(db, report)


def test_each_table_has_a_heading_for_each_cell_and_a_name_of_its_own(db):
    report = build_report(db, RUN, now=NOW)
    found = (*tables(report), *long_tables(db, report))
    assert len({table.name.casefold() for table in found}) == len(found) > 20
    for table in found:
        assert {len(row) for row in table.rows} == {len(table.columns)}


def test_a_branding_that_hides_nothing_shows_all():
    assert Branding().shows("voice")
    assert not Branding(hidden=("voice",)).shows("voice")

"""`doctor --deep`: damage anywhere in what is stored is noticed and named."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from dataclasses import replace

import pytest
from click.testing import CliRunner

from benchmarks.rot import flip, stored_files, try_flips
from crawler.app.cli import cli
from crawler.app.damage import find_damage, index_by_file
from crawler.app.doctor import _has_wal_fix
from crawler.app.exports import write_report
from crawler.app.repair import repair
from crawler.app.sums import check_sums, keep_sums
from crawler.archive import Archive
from crawler.config import Settings
from crawler.db import open_db
from tests.analysis_market import NOW, build

HTML = [(b"Content-Type", b"text/html; charset=utf-8")]


@pytest.fixture
def home(tmp_path):
    """A run with two archived pages and a report."""
    settings = Settings(home=tmp_path / "home")
    settings.home.mkdir()
    db = build(settings.database)
    db.execute("update pages set record = null")
    archive = Archive(settings.archive, 1, "leaf.example")
    for path in ("/faq", "/returns"):
        url = f"https://leaf.example{path}"
        record = archive.store(path, url, 200, HTML, f"<p>page {path}</p>".encode())
        db.execute("update pages set record = ? where url = ?", [record.id, url])
    archive.close()
    db.execute("update runs set state = 'done', finished_at = started_at, settings = ?",
               [json.dumps({"name": "tea"})])  # fmt: skip
    write_report(settings, db, 1, "html", None, now=NOW)
    write_report(settings, db, 1, "json", None, now=NOW)
    db.close()
    return settings


def wrong(home):
    return [row for row in find_damage(home) if row["state"] == "wrong"]


def test_what_is_whole_is_found_whole(home):
    assert [row["state"] for row in find_damage(home)] == ["ok"] * 5


@pytest.mark.parametrize("seed", range(4))
def test_flipped_bits_anywhere_are_noticed(home, seed):
    tried, missed = try_flips(home.home, 15, seed)
    assert missed == []
    assert tried.total() == 15


def test_every_file_that_is_kept_is_looked_at(home):
    dice = random.Random(7)
    for path in stored_files(home.home):
        bit = dice.randrange(path.stat().st_size * 8)
        flip(path, bit)
        assert wrong(home), path
        flip(path, bit)


def test_a_damaged_page_of_the_archive_is_named(home):
    file = next(home.archive.rglob("*.warc.gz"))
    flip(file, (file.stat().st_size - 30) * 8)
    assert "1 of 3 records are damaged: https://leaf.example/returns" in wrong(home)[0]["detail"]


def test_a_lost_archive_file_is_told_with_the_pages_that_need_it(home):
    next(home.archive.rglob("*.warc.gz")).unlink()
    (home.archive / "index.db").unlink()
    (home.archive / "index.db.seal").unlink()
    assert "2 of 2 pages have no copy there" in wrong(home)[-1]["detail"]


def test_records_of_a_killed_run_are_no_damage(home):
    code = (
        "import os, sys; from pathlib import Path; from crawler.archive import Archive\n"
        "archive = Archive(Path(sys.argv[1]), 2, 'a.example')\n"
        "archive.store('k', 'http://a.example/', 200, [], b'x')\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", code, home.archive], check=True)
    notes = [row["detail"] for row in find_damage(home) if row["state"] == "note"]
    assert wrong(home) == []
    assert "with 2 records are not in the index" in notes[0]


def test_a_changed_report_is_told_and_a_new_one_is_as_written(home):
    report = next(home.reports.glob("*.json"))
    report.write_text(report.read_text().replace("leaf", "reef", 1))
    assert report.name in wrong(home)[0]["detail"]
    db = open_db(home.database)
    write_report(home, db, 1, "json", None, now=NOW)
    db.close()
    assert wrong(home) == []


def test_sums_are_those_that_sha256sum_checks(home):
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"],
        cwd=home.reports, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_files_outside_of_the_reports_have_no_sums(home, tmp_path):
    keep_sums(home.reports, {tmp_path / "elsewhere.html": "0" * 64})
    assert "elsewhere" not in (home.reports / "SHA256SUMS").read_text()


def test_a_deleted_report_is_a_note(home):
    next(home.reports.glob("*.json")).unlink()
    assert wrong(home) == []
    assert len(check_sums(home.reports).missing) == 1


def test_an_archive_of_an_older_version_is_read_and_told(home):
    code = "alter table records drop column digest"
    subprocess.run(
        [sys.executable, "-c", "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
         "c.execute('drop index if exists x'); c.execute(sys.argv[2])",
         home.archive / "index.db", code],
        check=True,
    )  # fmt: skip
    (home.archive / "index.db.seal").unlink()
    Archive(home.archive, 1, "leaf.example").close()
    assert wrong(home) == []
    assert "3 records of an older version" in str(find_damage(home))


def test_the_command_has_an_exit_code_for_damage(home):
    cli_args = ["--home", str(home.home), "doctor", "--deep", "--json"]
    whole = CliRunner().invoke(cli, cli_args)
    assert whole.exit_code in (0, 1)  # 1: the browser of this machine, or a full disk
    flip(home.database, 8 * 5000)
    done = CliRunner().invoke(cli, cli_args)
    assert done.exit_code == 4
    assert any(row["check"] == "deep: database" for row in json.loads(done.stdout))


def test_an_empty_home_has_no_damage(tmp_path):
    settings = replace(Settings(home=tmp_path), contact="x@example.com")
    assert {row["state"] for row in find_damage(settings)} == {"note"}


@pytest.mark.parametrize(
    ("version", "fixed"),
    [((3, 40, 1), False), ((3, 44, 6), True), ((3, 45, 0), False), ((3, 50, 7), True),
     ((3, 51, 2), False), ((3, 51, 3), True), ((3, 53, 0), True)],
)  # fmt: skip
def test_backports_of_the_wal_fix_are_known(version, fixed):
    assert _has_wal_fix(version) is fixed


# -- repair


def repaired(home):
    return [row["detail"] for row in repair(home, NOW)]


@pytest.mark.parametrize(
    "name", ["cxscout.db", "archive/index.db", "archive/1/leaf.example.warc.gz"]
)
def test_a_single_flipped_bit_is_flipped_back(home, name):
    path = home.home / name
    whole = path.read_bytes()
    flip(path, len(whole) * 4 + 3)
    assert "flipped back" in repaired(home)[0]
    assert path.read_bytes() == whole
    assert wrong(home) == []


def test_a_record_with_more_damage_is_taken_out_and_the_rest_kept(home):
    file = next(home.archive.rglob("*.warc.gz"))
    size = file.stat().st_size
    flip(file, (size - 30) * 8)
    flip(file, (size - 40) * 8)
    assert "1 damaged records are taken out" in repaired(home)[0]
    assert wrong(home) == []
    assert file.with_name(f"{file.name}.damaged").stat().st_size == size
    db = open_db(home.database)
    left = db.execute("select url from pages where record is not null").fetchall()
    db.close()
    assert left == [("https://leaf.example/faq",)]


def test_an_index_that_is_gone_is_made_anew_from_the_files(home):
    before = index_by_file(home.archive)
    for path in home.archive.glob("index.db*"):
        path.unlink()
    assert "made anew of 3 records" in repaired(home)[0]
    assert index_by_file(home.archive) == before


def test_damaged_checksums_are_made_anew(home):
    flip(home.home / "cxscout.db.seal", 700)
    assert "made anew" in repaired(home)[0]
    assert wrong(home) == []


def test_a_damaged_report_is_written_anew(home):
    flip(next(home.reports.glob("*.html")), 800)
    assert "written anew" in repaired(home)[0]
    assert wrong(home) == []


def test_rows_of_a_damaged_database_are_saved_and_what_is_not_sure_is_said(home):
    flip(home.database, 30 * 4096 * 8 + 3)
    flip(home.database, 30 * 4096 * 8 + 13)
    told = repaired(home)
    assert "compare them with a backup" in told[0]
    assert "runs 1 have no archive" in told[1]
    assert wrong(home) == []
    db = open_db(home.database)
    assert db.execute("select count(*) from pages").fetchone()[0] > 0
    db.close()


def test_a_home_that_is_whole_is_left_alone(home):
    assert repaired(home) == []

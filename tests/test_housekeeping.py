"""Backups that are checked, retention that keeps what is needed, and people forgotten."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import tarfile
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from crawler import db as crawler_db
from crawler.app.cli import cli
from crawler.app.damage import find_damage, index_by_file
from crawler.app.forget import forget_in_backups, forget_person
from crawler.app.housekeeping import back_up, clean_study, restore, status, thin_study
from crawler.app.locks import locked
from crawler.app.runs import RunFailed
from crawler.app.schedules import set_schedule
from crawler.archive import Archive, find_record, read_page
from crawler.config import Settings
from crawler.db import open_db
from crawler.errors import ConfigError, CxscoutError
from crawler.pipelines import author_hash, privacy_key
from tests.analysis_market import NOW, add_run, build

NAME = "Zoë Q. Lindqvist"
HTML = [(b"Content-Type", b"text/html; charset=utf-8")]


@pytest.fixture
def home(tmp_path):
    """Three runs that are done, each with two archived pages of leaf.example."""
    settings = Settings(home=tmp_path / "home")
    settings.home.mkdir()
    db = build(settings.database)
    for run in (1, 2, 3):
        if run > 1:
            add_run(db, run)
        db.execute("update pages set record = null where run_id = ?", [run])
        archive = Archive(settings.archive, run, "leaf.example")
        for path in ("/faq", "/returns"):
            url = f"https://leaf.example{path}"
            record = archive.store(path, url, 200, HTML, f"<p>page {path}</p>".encode())
            db.execute(
                "update pages set record = ? where run_id = ? and url = ?", [record.id, run, url]
            )
        archive.close()
    db.execute("update runs set state = 'done', finished_at = started_at")
    db.close()
    return settings


def count(settings, table):
    db = open_db(settings.database)
    found = db.execute(f"select count(*) from {table}").fetchone()[0]
    db.close()
    return found


def everything(settings):
    db = sqlite3.connect(settings.database)
    lines = list(db.iterdump())
    db.close()
    return lines


# -- backup and restore


@pytest.mark.parametrize("name", ["b.tar", "b.tar.gz"])
def test_a_restored_backup_is_the_same(home, tmp_path, name):
    privacy_key(home.home)
    back_up(home, tmp_path / name, archive=True, now=NOW)
    other = Settings(home=tmp_path / "other")
    restore(other, tmp_path / name, force=False)
    assert everything(other) == everything(home)
    assert privacy_key(other.home) == privacy_key(home.home)


def test_a_restored_archive_has_its_pages(home, tmp_path):
    back_up(home, tmp_path / "b.tar", archive=True, now=NOW)
    other = Settings(home=tmp_path / "other")
    restore(other, tmp_path / "b.tar", force=False)
    db = open_db(other.database)
    ids = [row[0] for row in db.execute("select record from pages where url like '%leaf%/faq'")]
    db.close()
    pages = [read_page(other.archive, find_record(other.archive, record)) for record in ids]
    assert pages == [b"<p>page /faq</p>"] * 3


def test_a_backup_while_somebody_writes_is_one_moment(home, tmp_path):
    writer = open_db(home.database)
    writer.conn.execute("begin immediate")
    writer.conn.execute("delete from runs where id = 3")
    back_up(home, tmp_path / "b.tar", archive=False, now=NOW)
    writer.conn.execute("rollback")
    writer.close()
    other = Settings(home=tmp_path / "other")
    restore(other, tmp_path / "b.tar", force=False)
    assert count(other, "runs") == 3


@pytest.mark.parametrize("at", [0.05, 0.3, 0.6, 0.9])
def test_a_flipped_bit_is_noticed_and_nothing_is_touched(home, tmp_path, at):
    back_up(home, tmp_path / "b.tar", archive=False, now=NOW)
    content = bytearray((tmp_path / "b.tar").read_bytes())
    with tarfile.open(tmp_path / "b.tar") as tar:
        member = tar.getmember("cxscout.db")
    content[member.offset_data + int(at * member.size)] ^= 1
    (tmp_path / "b.tar").write_bytes(content)
    other = Settings(home=tmp_path / "other")
    with pytest.raises(CxscoutError, match=r"is damaged: cxscout\.db"):
        restore(other, tmp_path / "b.tar", force=False)
    assert not other.database.exists()


def test_a_backup_that_is_cut_short_is_refused(home, tmp_path):
    back_up(home, tmp_path / "b.tar", archive=False, now=NOW)
    content = (tmp_path / "b.tar").read_bytes()
    (tmp_path / "b.tar").write_bytes(content[: len(content) // 2])
    with pytest.raises(CxscoutError, match=r"b\.tar"):
        restore(Settings(home=tmp_path / "other"), tmp_path / "b.tar", force=False)


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "archive/../../evil.warc.gz", "other"])
def test_a_backup_with_a_strange_path_is_refused(home, tmp_path, name):
    with tarfile.open(tmp_path / "b.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo(name))
    with pytest.raises(CxscoutError, match="no file of it"):
        restore(Settings(home=tmp_path / "other"), tmp_path / "b.tar", force=False)


def test_restoring_over_a_database_needs_force_and_keeps_the_old_one(home, tmp_path):
    back_up(home, tmp_path / "b.tar", archive=False, now=NOW)
    db = open_db(home.database)
    db.execute("delete from runs where id = 1")
    with pytest.raises(ConfigError, match="--force"):
        restore(home, tmp_path / "b.tar", force=False)
    db.close()
    restore(home, tmp_path / "b.tar", force=True)
    assert count(home, "runs") == 3
    kept = sqlite3.connect(home.home / "cxscout.db.before-restore")
    assert kept.execute("select count(*) from runs").fetchone()[0] == 2
    kept.close()


def test_nothing_is_restored_while_a_run_works(home, tmp_path):
    back_up(home, tmp_path / "b.tar", archive=False, now=NOW)
    with locked(home, "study-1"), pytest.raises(CxscoutError, match="a run is working"):
        restore(home, tmp_path / "b.tar", force=True)


def test_a_migration_keeps_a_copy_of_a_database_with_rows(tmp_path, monkeypatch):
    path = tmp_path / "cxscout.db"
    db = open_db(path)
    db.execute("delete from _sqlite_migrations where name = 'always_on'")
    for table in ("slots", "deliveries"):
        db.execute(f"drop table {table}")
    db.execute("drop index alerts_fact")
    for column in ("fact", "direction", "state"):
        db.execute(f"alter table alerts drop column {column}")
    db.close()
    open_db(path).close()
    copy = sqlite3.connect(tmp_path / "cxscout.db.before-always_on")
    names = {row[0] for row in copy.execute("select name from sqlite_master")}
    copy.close()
    assert "studies" in names
    assert "slots" not in names


def test_a_new_database_has_no_copy_beside_it(tmp_path):
    open_db(tmp_path / "cxscout.db").close()
    assert [path.name for path in tmp_path.glob("*before*")] == []
    assert crawler_db.open_db(":memory:") is not None


# -- retention


def test_only_the_newest_runs_are_kept(home):
    db = open_db(home.database)
    done = clean_study(home, db, "tea", keep=1)
    assert done["runs"] == 2
    assert done["bytes"] > 0
    assert [row[0] for row in db.execute("select id from runs")] == [3]
    for table in ("pages", "faq_entries", "reviews", "brands", "searches", "evidence"):
        assert db.execute(f"select count(*) from {table} where run_id != 3").fetchone()[0] == 0
    assert db.execute("select count(*) from faq_entries").fetchone()[0] > 0
    assert sorted(path.name for path in home.archive.iterdir() if path.is_dir()) == ["3"]
    db.close()


def test_what_was_told_is_remembered_when_its_run_is_deleted(home):
    db = open_db(home.database)
    db.execute(
        "insert into alerts (id, study_id, run_id, kind, text, created_at) "
        "values ('a', 1, 1, 'change:faq', 'told', '2026')"
    )
    clean_study(home, db, "tea", keep=1)
    assert db.execute("select id, run_id from alerts").fetchall() == [("a", None)]
    db.close()


def test_an_archive_that_a_kept_run_points_into_stays(home):
    db = open_db(home.database)
    db.execute(
        "update pages set record = (select record from pages where run_id = 1 and record is not "
        "null limit 1) where run_id = 3 and url like '%leaf.example/faq'"
    )
    clean_study(home, db, "tea", keep=1)
    db.close()
    assert sorted(path.name for path in home.archive.iterdir() if path.is_dir()) == ["1", "3"]


def test_nothing_is_deleted_when_no_run_is_done(home):
    db = open_db(home.database)
    db.execute("update runs set state = 'failed'")
    assert clean_study(home, db, "tea", keep=1)["runs"] == 0
    db.close()


# -- forgetting


@pytest.fixture
def reviewed(home):
    """The person signed a review on /returns of run 2 and is named in an answer of run 3."""
    db = open_db(home.database)
    digest = author_hash(NAME, privacy_key(home.home))
    page = db.execute(
        "select id from pages where run_id = 2 and url like '%leaf.example/returns'"
    ).fetchone()[0]
    row = db.execute("select id from reviews where run_id = 2 limit 1").fetchone()[0]
    db.execute("update reviews set author_hash = ?, page_id = ? where id = ?", [digest, page, row])
    db.execute(
        "update reviews set reply = 'Dear zoë  q. LINDQVIST, thank you' where id = "
        "(select id from reviews where run_id = 3 limit 1)"
    )
    archive = Archive(home.archive, 3, "leaf.example")
    archive.store("/a", "https://leaf.example/a", 200, HTML, f"<b>{NAME}</b> wrote".encode())
    archive.store("/b", "https://leaf.example/b", 200, HTML, b"Zo&euml; Q. Lindqvist")
    archive.store("/c", "https://leaf.example/c", 200, HTML, b'{"by": "Zo\\u00eb Q. Lindqvist"}')
    archive.store_resource("/s", "https://leaf.example/a", "screenshot", b"PNG", "image/png")
    archive.store("/d", "https://leaf.example/d", 200, HTML, b"Zoe Lindqvistson")
    archive.close()
    yield home, db
    db.close()


def test_a_forgotten_person_is_in_no_row_and_no_archived_page(reviewed):
    home, db = reviewed
    done = forget_person(home, db, f" {NAME.lower()} ")
    assert (done["reviews"], done["archived_pages"]) == (2, 5)
    assert not [line for line in everything(home) if "lindqvist," in line.casefold()]
    digest = author_hash(NAME, privacy_key(home.home))
    assert not [line for line in everything(home) if digest in line]
    for path in home.archive.rglob("*.warc.gz"):
        archive = Archive(home.archive, int(path.parent.name), path.name.removesuffix(".warc.gz"))
        archive.close()
    with sqlite3.connect(home.archive / "index.db") as index:
        urls = [
            (row[0], row[1])
            for row in index.execute("select run_id, url from records where key != ''")
        ]
    index.close()
    assert (2, "https://leaf.example/returns") not in urls
    assert (3, "https://leaf.example/d") in urls
    assert len(urls) == 6


def test_what_stays_in_the_archive_can_still_be_read(reviewed):
    home, db = reviewed
    forget_person(home, db, NAME)
    ids = db.execute("select record from pages where record is not null").fetchall()
    pages = [read_page(home.archive, find_record(home.archive, record)) for (record,) in ids]
    assert sorted(pages) == [b"<p>page /faq</p>"] * 3 + [b"<p>page /returns</p>"] * 2


def test_reports_that_quote_the_person_are_named(reviewed):
    home, db = reviewed
    home.reports.mkdir()
    (home.reports / "tea-run1.html").write_text(f"<p>{NAME}</p>", "utf-8")
    (home.reports / "tea-run2.html").write_text("<p>nobody</p>", "utf-8")
    assert forget_person(home, db, NAME)["reports_to_write_anew"] == ["tea-run1.html"]


def test_a_name_that_is_too_short_is_refused(reviewed):
    home, db = reviewed
    with pytest.raises(ConfigError, match="too short"):
        forget_person(home, db, "Al")


# -- status


def test_status_tells_sizes_runs_and_the_next_slot(home):
    db = open_db(home.database)
    set_schedule(db, "tea", NOW, cron="0 6 * * *", timezone="UTC")
    db.close()
    rows = {(row["metric"], row["study"]): row["value"] for row in status(home, NOW)}
    assert rows["runs_done", None] == 3
    assert rows["archive_bytes", None] > 0
    assert rows["seconds_since_done", "tea"] == 0
    assert rows["next_slot_timestamp_seconds", "tea"] == int((NOW + timedelta(days=1)).timestamp())


def test_the_commands_work(home, tmp_path):
    def cx(*arguments):
        done = CliRunner().invoke(cli, ["--home", str(home.home), *arguments])
        assert done.exit_code == 0, done.output
        return done.stdout

    rows = json.loads(cx("status", "--json", "--prometheus", str(tmp_path / "x.prom")))
    assert {"metric", "study", "value"} == set(rows[0])
    text = (tmp_path / "x.prom").read_text("utf-8")
    assert 'cxscout_failed_since_done{study="tea"} 0\n' in text
    assert cx("backup", str(tmp_path / "b.tar.gz"), "--archive") == f"{tmp_path / 'b.tar.gz'}\n"
    cx("restore", str(tmp_path / "b.tar.gz"), "--force")
    assert json.loads(cx("forget", NAME, "--yes"))["reviews"] == 0
    cx("clean", "tea", "--keep", "2", "--yes")
    assert count(home, "runs") == 2


# -- abnormal ends


def command(home, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "crawler", "--home", str(home.home), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_damaged_database_has_its_own_exit_code_and_says_how_to_restore(home, tmp_path):
    back_up(home, tmp_path / "b.tar", archive=False, now=NOW)
    home.database.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    done = command(home, "runs")
    assert done.returncode == 4
    assert "cxscout restore FILE --force" in done.stderr
    assert command(home, "restore", str(tmp_path / "b.tar"), "--force").returncode == 0
    assert command(home, "runs").returncode == 0


@pytest.mark.parametrize(("code", "exit_code"), [(3, 3), (4, 4), (5, 5), (-9, 1), (1, 1)])
def test_a_run_ends_with_the_code_of_its_stage_where_it_has_a_meaning(code, exit_code):
    assert RunFailed("stage ended", code).exit_code == exit_code


def test_forgetting_names_the_backups_that_still_have_the_person(reviewed, tmp_path):
    home, db = reviewed
    back_up(home, tmp_path / "old.tar", archive=False, now=NOW)
    assert forget_person(home, db, NAME)["backups_to_delete"] == [str(tmp_path / "old.tar")]


@pytest.mark.parametrize("archive", [True, False])
def test_a_rewritten_backup_has_the_rest_and_not_the_person(reviewed, tmp_path, archive):
    home, db = reviewed
    back_up(home, tmp_path / "old.tar.gz", archive=archive, now=NOW)
    forget_person(home, db, NAME)
    done = forget_in_backups(home, NAME)
    assert done == {"backups_rewritten": [str(tmp_path / "old.tar.gz")], "backups_to_delete": []}
    elsewhere = Settings(home=tmp_path / "elsewhere")
    assert restore(elsewhere, tmp_path / "old.tar.gz", force=False)["created_at"].startswith(
        NOW.date().isoformat()
    )
    digest = author_hash(NAME, privacy_key(home.home))
    told = everything(elsewhere)
    assert not [line for line in told if digest in line or "lindqvist," in line.casefold()]
    assert count(elsewhere, "reviews") == count(home, "reviews")
    kept = sorted(path.name for path in elsewhere.archive.rglob("*.warc.gz"))
    assert len(kept) == (3 if archive else 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elsewhere", "home", "old.tar.gz"]


def test_a_backup_without_the_person_stays_as_it_is(reviewed, tmp_path):
    home, db = reviewed
    forget_person(home, db, NAME)
    back_up(home, tmp_path / "new.tar", archive=True, now=NOW)
    before = (tmp_path / "new.tar").read_bytes()
    assert forget_in_backups(home, NAME) == {"backups_rewritten": [], "backups_to_delete": []}
    assert (tmp_path / "new.tar").read_bytes() == before


def test_a_damaged_backup_is_left_and_named(reviewed, tmp_path):
    home, _ = reviewed
    back_up(home, tmp_path / "bad.tar", archive=False, now=NOW)
    back_up(home, tmp_path / "gone.tar", archive=False, now=NOW)
    (tmp_path / "gone.tar").unlink()
    (tmp_path / "bad.tar").write_bytes((tmp_path / "bad.tar").read_bytes()[:5000])
    (home.home / "cxscout.db.before-restore").write_bytes(b"an older one")
    done = forget_in_backups(home, NAME)
    assert [Path(path).name for path in done["backups_to_delete"]] == [
        "cxscout.db.before-restore", "bad.tar",
    ]  # fmt: skip
    assert done["backups_rewritten"] == []


def test_screenshots_of_older_runs_go_and_their_pages_stay(home):
    for run in (1, 2, 3):
        archive = Archive(home.archive, run, "leaf.example")
        archive.store_resource(
            "shot", "https://leaf.example/", "screenshot", b"x" * 999, "image/png"
        )
        archive.close()
    db = open_db(home.database)
    assert thin_study(home, db, "tea", keep=1, what="screenshots")["runs"] == 2
    db.close()
    kinds = {
        file: [r.kind for r in records] for file, records in index_by_file(home.archive).items()
    }
    assert [kind.count("screenshot") for kind in kinds.values()] == [0, 0, 1]
    assert [kind.count("response") for kind in kinds.values()] == [2, 2, 2]
    assert [row for row in find_damage(home) if row["state"] == "wrong"] == []


def test_the_archive_of_older_runs_goes_and_their_rows_stay(home):
    db = open_db(home.database)
    thin_study(home, db, "tea", keep=1, what="archive")
    assert db.execute("select count(*) from runs").fetchone() == (3,)
    left = db.execute("select distinct run_id from pages where record is not null").fetchall()
    db.close()
    assert left == [(3,)]
    assert [path.name for path in home.archive.iterdir() if path.is_dir()] == ["3"]
    assert [row for row in find_damage(home) if row["state"] == "wrong"] == []

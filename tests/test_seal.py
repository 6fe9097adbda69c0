"""Seals: any flipped bit is noticed, and nothing that we wrote ourselves is taken for one."""

from __future__ import annotations

import os
import random
import subprocess
import sys

import pytest

from crawler import seal
from crawler.db import open_db
from crawler.errors import CxscoutError
from crawler.seal import seal_path, settle, verify


@pytest.fixture
def path(tmp_path):
    """A database with some hundred rows, closed."""
    path = tmp_path / "cxscout.db"
    db = open_db(path)
    _fill(db, range(300))
    db.close()
    return path


def _fill(db, keys, text="tea"):
    with db.atomic():
        db.execute("create table if not exists t (k integer primary key, text text)")
        db.conn.executemany(
            "insert or replace into t values (?, ?)", [(k, f"{text} {k} " * 20) for k in keys]
        )


def _flip(file, bit):
    content = bytearray(file.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    file.write_bytes(content)


def test_what_was_closed_is_sealed_and_has_no_log(path):
    assert seal_path(path).exists()
    assert not path.with_name("cxscout.db-wal").exists()
    assert verify(path) == []


@pytest.mark.parametrize("seed", range(5))
def test_every_flipped_bit_of_the_file_and_of_its_seal_is_noticed(path, seed):
    dice = random.Random(seed)
    for file in (path, seal_path(path)):
        for _ in range(20):
            bit = dice.randrange(file.stat().st_size * 8)
            _flip(file, bit)
            assert verify(path), f"bit {bit} of {file.name}"
            _flip(file, bit)
    assert verify(path) == []


def test_a_bit_in_a_free_page_is_noticed(path):
    db = open_db(path)
    db.execute("delete from t")
    db.close()
    assert verify(path) == []
    _flip(path, path.stat().st_size * 8 - 5)
    assert "pages are not as they were written" in verify(path)[0]


def test_a_file_that_was_cut_or_grew_is_noticed(path):
    whole = path.read_bytes()
    path.write_bytes(whole[:-4096])
    assert verify(path)
    path.write_bytes(whole + bytes(4096))
    assert verify(path)
    path.write_bytes(whole)
    assert verify(path) == []


def test_a_rotten_page_stays_noticed_when_other_pages_are_written(path):
    last = path.stat().st_size // 4096 - 1
    _flip(path, last * 4096 * 8 + 20_000)
    db = open_db(path)
    db.execute("update t set text = 'x' where k = 0")
    db.close()
    assert "1 of" in verify(path)[0]


@pytest.mark.parametrize("end", ["db.close()", "del db", "os._exit(0)", "", "db.begin(); _exit()"])
def test_whatever_a_writer_ends_like_nothing_false_is_told(path, end):
    code = (
        "import os, sys; from pathlib import Path; from crawler.db import open_db\n"
        "db = open_db(Path(sys.argv[1]))\n"
        "_exit = lambda: (db.execute('delete from t'), os._exit(0))\n"
        "with db.atomic(): db.execute(\"update t set text = 'milk' where k % 3\")\n"
        f"{end}\n"
    )
    subprocess.run([sys.executable, "-c", code, path], check=True)
    assert verify(path) == []
    db = open_db(path)
    assert db.execute("select count(*) from t where text = 'milk'").fetchone() == (200,)
    db.close()
    assert verify(path) == []


def test_two_writers_and_a_shrinking_database_are_no_damage(path):
    one, two = open_db(path), open_db(path)
    _fill(one, range(300, 500))
    _fill(two, range(100), "milk")
    one.close()
    assert verify(path) == []
    two.execute("delete from t where k > 50")
    two.execute("vacuum")
    assert verify(path) == []
    two.close()
    assert verify(path) == []


def test_a_reader_of_an_older_state_delays_the_copy_and_breaks_nothing(path):
    reader, writer = open_db(path, read_only=True), open_db(path)
    rows = reader.execute("select * from t")
    rows.fetchone()
    _fill(writer, range(300), "milk")
    settle(path)
    _fill(writer, range(100), "water")
    settle(path)
    assert verify(path) == []
    writer.close()
    assert verify(path) == []
    rows.close()
    reader.close()
    open_db(path).close()
    assert verify(path) == []


def test_a_damaged_log_of_a_killed_writer_is_noticed(path):
    code = (
        "import os, sys; from pathlib import Path; from crawler.db import open_db\n"
        "db = open_db(Path(sys.argv[1]))\n"
        "for n in range(9): db.execute('update t set text = ? where k = ?', [str(n), n * 30])\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", code, path], check=True)
    log = path.with_name("cxscout.db-wal")
    assert verify(path) == []
    _flip(log, (32 + 24 + 100) * 8)
    assert "log is damaged" in verify(path)[0]
    _flip(log, (32 + 24 + 100) * 8)
    _flip(log, 20 * 8)
    assert "head of its log" in verify(path)[0]


def test_a_log_that_grows_is_copied_while_the_writer_stays(path, monkeypatch):
    monkeypatch.setattr(seal, "LOG_LIMIT", 100_000)
    db = open_db(path)
    for n in range(20):
        _fill(db, range(300), f"turn {n}")
    assert path.with_name("cxscout.db-wal").stat().st_size < 500_000
    assert verify(path) == []
    db.close()


def test_a_seal_that_cannot_be_written_is_made_anew(path, monkeypatch):
    db = open_db(path)
    _fill(db, range(300), "milk")
    with monkeypatch.context() as full:
        full.setattr(seal.os, "fsync", _no_space)
        with pytest.raises(OSError, match="No space"):
            settle(path)
    assert not seal_path(path).exists()
    db.close()
    assert verify(path) == []


def _no_space(_fd):
    raise OSError(28, "No space left on device")


def test_a_database_of_an_older_version_is_sealed_when_it_is_first_closed(path):
    seal_path(path).unlink()
    with pytest.raises(FileNotFoundError):
        verify(path)
    open_db(path).close()
    assert verify(path) == []


def test_looking_for_damage_keeps_the_locks_of_the_process(path):
    """Closing a file that SQLite has open would drop its locks: the log would go under our feet."""
    db = open_db(path)
    _fill(db, range(300), "milk")
    verify(path)
    code = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('select 1 from t').close()"
    subprocess.run([sys.executable, "-c", code, path], check=True)
    assert path.with_name("cxscout.db-wal").exists()
    db.close()


def test_several_processes_may_make_the_schema_at_once(tmp_path):
    path = tmp_path / "new.db"
    code = (
        "import sys; from pathlib import Path; from crawler.db import open_db\n"
        "open_db(Path(sys.argv[1])).close()"
    )
    each = [subprocess.Popen([sys.executable, "-c", code, path]) for _ in range(4)]
    assert [process.wait() for process in each] == [0] * 4
    assert verify(path) == []


def test_a_file_that_is_no_database_is_refused_as_before(tmp_path):
    path = tmp_path / "cxscout.db"
    path.write_text("no database, but long enough to look like something" * 9)
    with pytest.raises(CxscoutError, match="is damaged or none"):
        open_db(path)
    assert os.listdir(tmp_path) == ["cxscout.db"]


WRITER = """
import sys
from pathlib import Path
from crawler.db import open_db
db = open_db(Path(sys.argv[1]))
for n in range(60):
    with db.atomic():
        found = db.execute("select count(*) from t").fetchone()[0]
        db.execute("insert into t (text) values (?)", [f"{found} " * 200])
        db.execute("update counter set n = n + 1")
db.close()
"""


def test_eight_processes_write_beside_a_long_reader_and_none_finds_it_locked(path):
    db = open_db(path)
    db.execute("create table counter (n integer)")
    db.execute("insert into counter values (0)")
    reader = open_db(path, read_only=True)
    rows = reader.execute("select * from t")
    rows.fetchone()
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, path], stderr=subprocess.PIPE, text=True)
        for _ in range(8)
    ]
    assert [writer.communicate()[1] for writer in writers] == [""] * 8
    assert path.with_name("cxscout.db-wal").stat().st_size < 64 * 1024 * 1024
    rows.close()
    reader.close()
    assert db.execute("select n, (select count(*) from t) from counter").fetchone() == (480, 780)
    db.close()
    assert verify(path) == []

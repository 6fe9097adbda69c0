"""The command line as people and scripts use it: a child process, its output, its exit code."""

import json
import os
import sqlite3
import subprocess
import sys

import click
import pytest

from tests.loopback import Answer, serve


def run(*args, home, env=None, stdin=None, cwd=None):
    clean = {k: v for k, v in os.environ.items() if not k.endswith(("_KEY", "_CREDENTIALS"))}
    return subprocess.run(
        [sys.executable, "-m", "crawler", "--home", str(home), *map(str, args)],
        capture_output=True, text=True, env={**clean, **(env or {})}, input=stdin, timeout=120,
        cwd=cwd,
    )  # fmt: skip


def failed(done, code, *words):
    """The command failed as it should: one line, the words in it, no traceback."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    lines = done.stderr.strip().splitlines()
    assert len([line for line in lines if line.lower().startswith("error")]) == 1
    for word in words:
        assert word in done.stderr
    return True


def add(home, name="s", *more):
    return run("study", "add", name, "-k", "running shoes", "--serp-file", "ranks.csv", *more,
               home=home)  # fmt: skip


def test_help_is_quick_and_loads_nothing_heavy(tmp_path):
    heavy = {"scrapy", "pandas", "textblob", "numpy", "nltk", "rich", "playwright"}
    code = f"import sys, crawler.app.cli; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def all_commands():
    from crawler.app.cli import cli

    def walk(group, path):
        for name, command in group.commands.items():
            if hasattr(command, "commands"):
                yield from walk(command, [*path, name])
            elif not command.hidden:
                yield [*path, name]

    return list(walk(cli, []))


def test_every_command_of_a_group_is_listed():
    import importlib
    import pkgutil

    from crawler.app import commands
    from crawler.app.cli import COMMANDS

    names = [module.name for module in pkgutil.iter_modules(commands.__path__)]
    modules = [importlib.import_module(f"{commands.__name__}.{name}") for name in names]
    made = [getattr(module, name) for module in modules for name in module.__all__]
    written = {id(command) for command in made if isinstance(command, click.Command)}
    assert written == {id(command) for command in COMMANDS}


@pytest.mark.parametrize("path", all_commands(), ids=" ".join)
def test_help_of_each_command_has_an_example(path):
    from click.testing import CliRunner

    from crawler.app.cli import cli

    shown = CliRunner().invoke(cli, [*path, "--help"])
    assert shown.exit_code == 0
    assert f"cxscout {' '.join(path)}" in shown.output.split("Example:")[1]


def test_study_is_added_shown_changed_exported_and_imported(tmp_path):
    home = tmp_path / "home"
    assert add(home).returncode == 0
    assert run("study", "edit", "s", "--pages", 7, home=home).returncode == 0
    rows = json.loads(run("study", "list", "--json", home=home).stdout)
    assert [(row["name"], row["keywords"]) for row in rows] == [("s", 1)]
    out = tmp_path / "s.toml"
    assert run("study", "export", "s", "--out", out, home=home).returncode == 0
    assert "pages = 7" in out.read_text()
    other = tmp_path / "other"
    assert run("study", "import", out, home=other).returncode == 0
    assert run("study", "show", "s", home=other).stdout == out.read_text()
    assert run("study", "remove", "s", "--yes", home=home).returncode == 0
    assert json.loads(run("study", "list", "--json", home=home).stdout) == []


def test_keywords_come_from_a_file_with_volumes(tmp_path):
    (tmp_path / "k.csv").write_text("keyword,volume\nrunning shoes,1200\n# not this\ntrail shoes\n")
    run("study", "add", "s", "--keywords", tmp_path / "k.csv", home=tmp_path)
    shown = json.loads(run("study", "show", "s", "--json", home=tmp_path).stdout)[0]
    assert shown["keywords"] == [{"keyword": "running shoes", "volume": 1200.0},
                                 {"keyword": "trail shoes", "volume": None}]  # fmt: skip


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["study", "add", "s"], ["no keywords", "--keyword"]),
        (["study", "add", "s", "-k", "a", "--provider", "bing"], ["'bing' is unknown", "brave"]),
        (["study", "add", "s", "-k", "a", "--provider", "searxng"], ["--searxng-url"]),
        (["study", "add", "s", "-k", "a", "--brand", "no domain"], ["not a domain name"]),
        (["study", "add", "s", "-k", "a", "--delay", "-1"], ["delay is -1"]),
        (["study", "add", "s", "--keywords", "/no/such/file"], ["cannot be read"]),
        (["study", "show", "none"], ["'none' is unknown"]),
        (["study", "import", "/no/such.toml"], ["cannot be read"]),
        (["run", "none"], ["'none' is unknown", "study add"]),
        (["brands", "none"], ["'none' is unknown"]),
        (["report", "none"], ["'none' is unknown"]),
        (["cancel", "77"], ["run 77 is unknown"]),
        (["extract", "x.html", "--only", "prices"], ["'prices' is unknown", "faq"]),
        (["serp-parse", "x.json", "--provider", "altavista"], ["altavista"]),
    ],
    ids=lambda value: " ".join(value)[:40],
)
def test_wrong_usage_is_one_line_and_exit_2(tmp_path, args, words):
    assert failed(run(*args, home=tmp_path / "home"), 2, *words)


def test_wrong_option_is_exit_2(tmp_path):
    done = run("run", home=tmp_path)
    assert done.returncode == 2
    assert "STUDY" in done.stderr


def test_missing_key_stops_before_anything_is_written(tmp_path):
    run("study", "add", "s", "-k", "a", "--provider", "brave", home=tmp_path)
    assert failed(run("run", "s", home=tmp_path), 2, "BRAVE_API_KEY", "environment")
    assert json.loads(run("runs", "--json", home=tmp_path).stdout) == []


def test_brand_that_does_not_resolve_stops_before_anything_is_written(tmp_path):
    add(tmp_path, "s", "--brand", "no-such-brand.invalid")
    assert failed(run("run", "s", home=tmp_path), 2, "no-such-brand.invalid", "does not resolve")
    assert json.loads(run("runs", "--json", home=tmp_path).stdout) == []


def test_unreadable_export_fails_the_run_with_the_reason(tmp_path):
    run("study", "add", "s", "-k", "a", "--serp-file", tmp_path / "none.csv", home=tmp_path)
    assert failed(run("run", "s", home=tmp_path), 1, "none.csv")
    rows = json.loads(run("runs", "--json", home=tmp_path).stdout)
    assert [(row["state"], row["stage"]) for row in rows] == [("failed", "search")]


def test_database_of_a_newer_version_is_left_alone(tmp_path):
    add(tmp_path)
    path = tmp_path / "cxscout.db"
    db = sqlite3.connect(path)
    with db:
        db.execute(
            "insert into _sqlite_migrations (migration_set, name, applied_at) "
            "select migration_set, 'from_the_future', applied_at from _sqlite_migrations limit 1"
        )
    db.close()
    before = path.read_bytes()
    assert failed(run("study", "list", home=tmp_path), 2, "newer cxscout", "--home")
    assert path.read_bytes() == before


def test_file_that_is_no_database_is_left_alone(tmp_path):
    path = tmp_path / "cxscout.db"
    path.write_bytes(b"these are notes, not a database " * 100)
    assert failed(run("study", "list", home=tmp_path), 4, "cxscout restore")
    assert path.read_bytes().startswith(b"these are notes")


def test_second_run_of_the_same_study_is_refused(tmp_path):
    import fcntl

    add(tmp_path)
    (tmp_path / "locks").mkdir()
    with (tmp_path / "locks" / "study-1.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert failed(run("run", "s", home=tmp_path), 1, "being run already", "cancel")


def test_full_disk_is_one_line(tmp_path):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    (tmp_path / "p.html").write_text("<p>hello")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "crawler", "extract", str(tmp_path / "p.html")],
            stdout=full, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    assert done.returncode == 3
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


def test_extract_prints_one_line_a_file_as_promised(tmp_path):
    (tmp_path / "a.html").write_text(
        '<html lang="en"><a href="mailto:help@shop.test">Mail</a><h1>FAQ</h1>'
        "<details><summary>Do you ship abroad?</summary><p>Yes, to all of Europe.</p></details>"
        "<details><summary>Can I pay by card?</summary><p>Yes, all cards.</p></details></html>"
    )
    (tmp_path / "b.html").write_text("<div>" * 60_000)
    done = run("extract", tmp_path / "a.html", tmp_path / "b.html", "--url", "http://shop.test/",
               home=tmp_path)  # fmt: skip
    first, second = map(json.loads, done.stdout.splitlines())
    assert set(first) == {"path", "url", "language", "faq", "reviews", "ratings", "chat",
                          "technologies", "channels", "policies", "links", "errors"}  # fmt: skip
    assert [entry["question"] for entry in first["faq"]] == [
        "Do you ship abroad?", "Can I pay by card?"
    ]  # fmt: skip
    assert first["channels"][0]["value"] == "help@shop.test"
    assert "deeper" in second["errors"][0]


def test_extract_of_a_missing_file_fails(tmp_path):
    assert failed(run("extract", tmp_path / "none.html", home=tmp_path), 1, "none.html")


def test_classify_reads_lines_and_prints_lines(tmp_path):
    rows = (
        '{"id": "a", "text": "Great service, thank you!", "lang": "en"}\n\n{"id": 2, "text": ""}\n'
    )
    done = run("classify", home=tmp_path, stdin=rows)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["id"] for line in lines] == ["a", 2]
    assert lines[0]["sentiment"] == "positive"
    assert set(lines[0]) == {"id", "language", "sentiment", "score", "themes"}


@pytest.mark.parametrize("line", ["not json", '{"id": 1}', '["id"]'])
def test_classify_names_the_wrong_line(tmp_path, line):
    assert failed(run("classify", home=tmp_path, stdin=line), 2, "line 1")


def test_doctor_says_what_is_there(tmp_path):
    done = run("doctor", "--json", home=tmp_path, env={"SERPER_API_KEY": "s3cret-value"})
    rows = {row["check"]: row for row in json.loads(done.stdout)}
    assert done.returncode == 0, done.stdout
    assert rows["scrapy"]["state"] == "ok"
    assert rows["provider serper"]["detail"] == "SERPER_API_KEY is set"
    assert "s3cret-value" not in done.stdout


def test_analysts_decision_is_stored_and_needs_a_reason(tmp_path):
    add(tmp_path)
    done = run("brand", "set", "s", "www.Rival.example", "competitor", "--reason", "same customers",
               home=tmp_path)  # fmt: skip
    assert done.returncode == 0
    db = sqlite3.connect(tmp_path / "cxscout.db")
    assert db.execute("select domain, role, reason from brand_decisions").fetchall() == [
        ("rival.example", "competitor", "same customers")
    ]
    db.close()
    assert failed(
        run("brand", "set", "s", "rival.example", "ignore", "--reason", " ", home=tmp_path), 2,
        "--reason",
    )  # fmt: skip


def test_spiders_work_for_scrapys_own_tool(tmp_path):
    env = {
        **os.environ,
        "SCRAPY_SETTINGS_MODULE": "crawler.settings",
        "CXSCOUT_HOME": str(tmp_path),
    }
    listed = subprocess.run([sys.executable, "-m", "scrapy", "list"], capture_output=True,
                            text=True, env=env, check=True)  # fmt: skip
    assert {"site", "chatbot", "serp_searxng", "serp_file"} <= set(listed.stdout.split())
    with serve({"/": Answer("<title>Shop</title><a href='/faq'>FAQ</a>")}) as site:
        out = tmp_path / "pages.json"
        subprocess.run(
            [sys.executable, "-m", "scrapy", "crawl", "site", "-a", "domain=127.0.0.1",
             "-a", f"seeds={site.url('/')}", "-s", f"ALLOWED_ADDRESSES={site.address}",
             "-s", "DOWNLOAD_DELAY=0", "-s", "AUTOTHROTTLE_START_DELAY=0", "-O", str(out)],
            env=env, check=True, timeout=60,
        )  # fmt: skip
        pages = json.loads(out.read_text())
    assert [page["page"]["state"] for page in pages] == ["ok", "not_found"]

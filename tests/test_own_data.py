"""Own data from files to rows to the report: surveys, mystery visits, and what became of gaps."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from analysis.gaps import EarlierGap, follow_up
from analysis.metrics import METRICS, Measured
from analysis.run_analysis import analyze
from analysis.scorecard import Benchmark
from crawler.app.own_data import (
    Visit,
    add_visit,
    import_survey,
    list_surveys,
    list_visits,
    plan_visits,
    remove_survey,
    remove_visit,
    script_lines,
    show_surveys,
)
from crawler.app.survey_files import read_survey
from crawler.config import Settings
from crawler.db import upsert
from crawler.errors import ConfigError
from reports.renderers import html, markdown
from reports.report import build_report
from tests import analysis_market as market

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def read(tmp_path, content, metric, **options):
    path = tmp_path / "answers.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_survey(path, metric, **options)


def values(tmp_path, content, metric, **options):
    return [answer.value for answer in read(tmp_path, content, metric, **options).answers]


# -- files


@pytest.mark.parametrize(
    "content",
    [
        "score\n9\n10\n",
        "date,score\n2026-01-01,9\n2026-01-02,10\n",
        b'\xef\xbb\xbfDatum;Bewertung;Text\r\n01.02.2026;9;"a;b"\r\n02.02.2026;10;\r\n',
        "Score\tDate\n9\t2026-01-01\n\n10 - very likely\t\n",
        "exported on Monday\n\nID,NPS\n1,9\n2,10\n3,n/a\n",
        "How likely are you to recommend us?\n9\n10\n",
        "9\n10\n",
        "score,date\n9,2026-01-01\n10,\n".encode("utf-16"),
        'id,score\n1,9.0\n2,"10,0"\n',
    ],
)
def test_scores_are_found_in_files_of_any_tool(tmp_path, content):
    assert values(tmp_path, content, "nps") == [9, 10]


def test_error_names_line_and_column(tmp_path):
    with pytest.raises(ConfigError, match=r"answers.csv line 3, column 'Score': 12 is not on the"):
        read(tmp_path, "Score,Date\n9,\n12,\n", "nps")
    with pytest.raises(ConfigError, match=r"line 2, column 'Score': 'good' is not a number"):
        read(tmp_path, "Score\ngood\n", "nps")
    with pytest.raises(ConfigError, match=r"needs a column 'score'; the columns are 'a', 'b'"):
        read(tmp_path, "a,b\n1,2\n", "nps")
    with pytest.raises(ConfigError, match="all 1 rows are empty"):
        read(tmp_path, "score,x\n,1\n", "nps")


def test_column_can_be_named(tmp_path):
    assert values(tmp_path, "Q1,Q3\n1,9\n2,7\n", "nps", column="q3") == [9, 7]
    with pytest.raises(ConfigError, match="no column 'Q9'"):
        read(tmp_path, "Q1,Q3\n1,9\n", "nps", column="Q9")


@pytest.mark.parametrize(
    ("content", "hours"),
    [
        ("reply time (min)\n90\nnever\n", [1.5, None]),
        ("hours\n1.5\n\"2,5\"\n", [1.5, 2.5]),
        ("Antwortzeit (Stunden);Kanal\n1,5;email\nnie;chat\n", [1.5, None]),
        ("response time\n2h 30m\n01:30:00\n45 min\n", [2.5, 1.5, 0.75]),
        ("asked at,answered at\n2026-01-05 09:00,2026-01-05 10:30\n2026-01-05 09:00,\n",
         [1.5, None]),
        ("created_at;first_reply_at\n05.01.2026 09:00;05.01.2026 11:00\n", [2]),
    ],
)  # fmt: skip
def test_response_times_are_hours_whatever_the_spelling(tmp_path, content, hours):
    assert values(tmp_path, content, "response_time") == pytest.approx(hours)


def test_response_time_without_a_unit_is_hours_and_says_so(tmp_path):
    found = read(tmp_path, "response time\n3\n", "response_time")
    assert found.answers[0].value == 3
    assert any("taken as hours" in note for note in found.notes)
    assert values(tmp_path, "response time\n30\n", "response_time", unit="minutes") == [0.5]


def test_answer_before_its_question_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"line 2, column 'answered': .* before it was asked"):
        read(tmp_path, "asked,answered\n2026-01-05 09:00,2026-01-05 08:00\n", "response_time")


def test_churn_of_the_sources_example_and_with_new_customers(tmp_path):
    rows = read(tmp_path, "month,start,end\nJanuary,500,450\n", "churn").answers
    assert [(row.value, row.base, row.label) for row in rows] == [(50, 500, "January")]
    assert values(tmp_path, 'start,end,new\n"1,000","1,050",100\n', "churn") == [50]
    with pytest.raises(ConfigError, match=r"line 2, column 'end'.*add a column 'new'"):
        read(tmp_path, "start,end\n500,550\n", "churn")


def test_tickets_are_counted_by_row_or_by_their_count(tmp_path):
    assert values(tmp_path, "topic,count\nreturns,12\ndelivery,3\n", "tickets") == [12, 3]
    assert values(tmp_path, "ticket id,category\n1,returns\n2,returns\n", "tickets") == [1, 1]


# -- rows


@pytest.fixture
def db(tmp_path):
    db = market.build(tmp_path / "home" / "cxscout.db")
    yield db
    db.close()


def write(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_importing_twice_changes_nothing_and_a_longer_file_adds_the_rest(db, tmp_path):
    path = write(tmp_path, "n.csv", "date,score\n2026-01-01,9\n2026-01-01,9\n2026-01-02,3\n")
    assert import_survey(db, "tea", path, "nps").new == 3
    before = db.execute("select * from surveys order by id").fetchall()
    again = import_survey(db, "tea", path, "nps")
    assert (again.new, again.known) == (0, 3)
    assert db.execute("select * from surveys order by id").fetchall() == before
    longer = write(tmp_path, "n (1).csv", path.read_text() + "2026-01-03,10\n")
    assert import_survey(db, "tea", longer, "nps").new == 1
    (row,) = show_surveys(db, "tea")
    assert (row["n"], row["value"], row["since"]) == (4, 50, "2026-01-01")


def test_scales_and_formulas_are_never_put_together(db, tmp_path):
    path = write(tmp_path, "e.csv", "date,score\n2026-01-01,5\n2026-01-02,1\n")
    import_survey(db, "tea", path, "ces5")
    import_survey(db, "tea", path, "ces7")
    import_survey(db, "tea", path, "csat", formula="mean")
    import_survey(db, "tea", path, "csat", formula="sum_max", name="shop")
    shown = [(r["metric"], r["formula"], r["survey"], r["n"]) for r in show_surveys(db, "tea")]
    assert shown == [
        ("csat", "mean", "", 2), ("csat", "sum_max", "shop", 2), ("ces5", "mean", "", 2),
        ("ces7", "agree", "", 2),
    ]  # fmt: skip
    assert len(list_surveys(db, "tea")) == 4
    assert remove_survey(db, "tea", "csat", "shop") == 2
    with pytest.raises(ConfigError, match="to remove"):
        remove_survey(db, "tea", "nps", None)


def visit(**more):
    fields = {
        "domain": "www.leaf.example", "channel": "email", "question": "Do you ship to Malta?",
        "asked_at": "2026-03-01T10:00+01:00",
    }  # fmt: skip
    return Visit(**{**fields, **more})


def test_answer_is_added_to_its_question_and_kept(db, tmp_path):
    settings = Settings(home=tmp_path / "home")
    shot = write(tmp_path, "shot.txt", "screen")
    first = add_visit(db, settings, "tea", visit(attachments=(shot,)), now=NOW)
    assert (first["bucket"], first["domain"]) == ("waiting", "leaf.example")
    add_visit(db, settings, "tea", visit(answered_at="2026-03-01T14:30+01:00", quality=5), now=NOW)
    add_visit(db, settings, "tea", visit(), now=NOW)
    (row,) = list_visits(db, "tea")
    assert (row["hours"], row["bucket"], row["quality"]) == (4.5, "4-8h", 5)
    assert (settings.home / row["attachments"][0]).read_text() == "screen"
    assert json.loads(json.dumps([row]))
    remove_visit(db, settings, "tea", row["id"])
    assert list_visits(db, "tea") == []
    assert not (settings.home / row["attachments"][0]).exists()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"asked_at": "2026-03-01T10:00"}, "no time zone"),
        ({"answered_at": "2026-03-01T09:00+01:00", "quality": 3}, "is before"),
        ({"answered_at": "2026-03-01T11:00+01:00"}, "needs its --quality"),
        ({"quality": 3}, "speaks of an answer"),
        ({"never": True, "answered_at": "2026-03-01T11:00+01:00", "quality": 3}, "exclude"),
        ({"answered_at": "2026-03-09T11:00+01:00", "quality": 3}, "future"),
        ({"channel": "pigeon"}, "known are email"),
        ({"question": " "}, "is empty"),
    ],
)
def test_visit_that_cannot_be_is_refused(db, tmp_path, more, words):
    with pytest.raises(ConfigError, match=words):
        add_visit(db, Settings(home=tmp_path), "tea", visit(**more), now=NOW)
    assert list_visits(db, "tea") == []


def test_plan_asks_the_competitors_own_questions_on_its_own_channels(db):
    analyze(db, market.RUN, now=market.NOW)
    db.execute("update studies set settings = ?", [json.dumps({"name": "tea"})])
    (script,) = plan_visits(db, "tea", "leaf.example")
    asked = [q["text"] for q in script["questions"]]
    assert set(market.QUESTIONS[:7]) <= set(asked)
    assert len(asked) <= 17
    assert {"kind": "chat", "value": "tawk"} in script["channels"]
    text = "\n".join(script_lines("tea", script))
    assert "help@leaf.example" in text
    assert "--never" in text
    with pytest.raises(ConfigError, match="no brand of the study"):
        plan_visits(db, "tea", "nobody.example")


# -- gaps


KEY = "star_rating"


def earlier(**more):
    fields = {
        "metric": KEY, "own_value": 3.0, "market_median": 4.0, "target": 4.0,
        "review_date": "2026-06-01", "position": 1, "version": METRICS[KEY].version,
        "low": 2.9, "high": 3.1, "n": 400, "rivals": frozenset("abc"),
    }  # fmt: skip
    return EarlierGap(**{**fields, **more})


def now(value=3.0, median=4.0, *, spread=0.1, rivals="abc", **more):
    own = Measured(value, 400, (value or 0) - spread, (value or 0) + spread, **more)
    return follow_up(earlier(), own, Benchmark(median, 5.0, "a", 3), frozenset(rivals))


@pytest.mark.parametrize(
    ("value", "median", "state", "reached"),
    [
        (4.1, 4.0, "closed", True),
        (3.5, 4.0, "narrowed", False),
        (3.05, 4.0, "stayed", False),
        (2.5, 4.0, "widened", False),
        (3.0, 3.0, "closed", False),
        (3.0, 4.8, "widened", False),
    ],
)
def test_gap_of_the_last_run_is_followed_up(value, median, state, reached):
    found = now(value, median)
    assert (found.state, found.target_reached) == (state, reached)
    assert "of 5 stars" in found.text


def test_move_within_chance_does_not_close_a_gap():
    found = now(4.1, spread=2.5)
    assert found.state == "stayed"
    assert "within chance" in found.text


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (lambda: now(None, state="not_seen", reason="blocked") , "blocked"),
        (lambda: now(4.1, coverage=0.3), "30 %"),
        (lambda: now(4.1, rivals="axyz"), "of 3 competitors measured then, 1"),
        (lambda: follow_up(earlier(version="0"), Measured(4.0), None, frozenset()), "method"),
        (lambda: follow_up(earlier(), Measured(4.0), None, frozenset()), "too few competitors"),
        (lambda: follow_up(earlier(), None, None, frozenset()), "we are not in it"),
    ],
)  # fmt: skip
def test_what_was_not_seen_alike_is_not_compared(found, why):
    result = found()
    assert result.state == "not_comparable"
    assert why in result.text
    assert result.target_reached is None


def test_next_run_and_its_report_say_what_became_of_each_gap(db, tmp_path):
    analyze(db, 1, now=market.NOW)
    db.execute("update runs set state = 'done'")
    gaps = {row["metric"] for row in db.query("select metric from gaps where run_id = 1")}
    market.add_run(db, 2)
    own = db.execute("select id from brands where run_id = 2 and role = 'own'").fetchone()[0]
    page = db.execute("select id from pages where brand_id = ? and purpose = 'contact'", [own])
    row = {
        "id": "new", "run_id": 2, "brand_id": own, "page_id": page.fetchone()[0], "kind": "phone",
        "value": "+44", "detail": None, "excerpt": "+44",
    }  # fmt: skip
    with db.atomic():
        upsert(db, "channels", [row])
    import_survey(db, "tea", write(tmp_path, "n.csv", "date,score\n2026-01-01,9\n"), "nps")
    analyze(db, 2, now=market.NOW + timedelta(days=30))
    report = build_report(db, 2, now=NOW)
    followed = {gap.metric: gap.state for gap in report.changes.gaps}
    assert followed.keys() == gaps
    assert followed["phone_shown"] == "closed"
    assert followed["faq_entries"] == "stayed"
    assert report.changes.gaps_title.startswith(f"Of {len(gaps)} gaps in the run before: ")
    assert report.own_numbers[0].value_text == "+100"
    for text in (html.render(report).decode(), markdown.render(report).decode()):
        assert "Your own numbers" in text
        assert "Phone number: closed" in text


def test_report_without_own_data_has_no_section_for_it(db):
    analyze(db, 1, now=market.NOW)
    report = build_report(db, 1, now=NOW)
    assert report.own_numbers == ()
    assert report.changes.gaps == ()
    assert "Your own numbers" not in html.render(report).decode()


def test_questions_of_own_tickets_are_questions_of_the_market(db, tmp_path):
    path = write(tmp_path, "t.csv", "topic,count\nWhy is my teapot blue?,9\ndelivery,40\n")
    import_survey(db, "tea", path, "tickets")
    analyze(db, 1, now=market.NOW)
    asked = db.execute("select text from question_wordings where source = 'support'").fetchall()
    assert asked == [("Why is my teapot blue?",)]

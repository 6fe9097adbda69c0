"""Alerts: what two observations bear out, once, and never because a page failed."""

from __future__ import annotations

import random
import threading
import xml.etree.ElementTree as ET
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from click.testing import CliRunner

from crawler.app.alerts import (
    changes_between,
    deliver,
    send_by_apprise,
    set_alerts,
    tell_run,
    try_target,
)
from crawler.app.cli import cli
from crawler.app.schedules import set_schedule
from crawler.config import Settings
from crawler.db import brand_id, upsert
from crawler.errors import ConfigError, CxscoutError
from tests.analysis_market import NOW, QUESTIONS, add_run, build

DAY = timedelta(days=1)
LEAF = "leaf.example"


class Market:
    """A study that runs once a day; a test says what a run sees."""

    def __init__(self, folder):
        self.settings = Settings(home=folder)
        self.db = build(self.settings.database)
        set_schedule(self.db, "tea", NOW, cron="0 6 * * *", timezone="UTC")
        set_alerts(self.db, "tea", ["json://a.example"], [], None)
        self.run_id = 1
        self.sent = []
        self.is_gate_shut = False  # one site of this market is blocked; most tests look away
        self._end()

    def run(self, lacks=(), failed=(), error="", **also):
        """One more run. `lacks` are questions of leaf.example, `failed` paths of it."""
        self.run_id += 1
        add_run(self.db, self.run_id)
        brand = brand_id(self.run_id, LEAF)
        for question in lacks:
            self.db.execute(
                "delete from faq_entries where brand_id = ? and question = ?", [brand, question]
            )
        for path in failed:
            page = next(
                self.db.query(
                    "select id from pages where brand_id = ? and url = ?",
                    [brand, f"https://{LEAF}{path}"],
                )
            )["id"]
            for table in ("faq_entries", "channels", "policies", "chat_widgets"):
                self.db.execute(f"delete from {table} where page_id = ?", [page])
            self.db.execute(
                "update pages set state = 'blocked', reason = 'HTTP 403' where id = ?", [page]
            )
        for sql in also.get("sql", ()):
            self.db.execute(sql, {"run": self.run_id, "brand": brand})
        self._end(error)
        return self.tell(error)

    def tell(self, error="", at=None):
        now = at or NOW + self.run_id * DAY
        return tell_run(self.settings, 1, self.run_id, error, now, self.send)

    def send(self, target, title, body):
        self.sent.append((target, title, body))

    def _end(self, error=""):
        if not self.is_gate_shut:
            self.db.execute("update visits set state = 'done' where run_id = ?", [self.run_id])
        state = "failed" if error else "done"
        self.db.execute("update runs set state = ? where id = ?", [state, self.run_id])


@pytest.fixture
def market(tmp_path):
    made = Market(tmp_path)
    made.run()
    yield made
    made.db.close()


SAFE, PARCEL = "Is my data safe?", "Where is my parcel?"


def test_a_fact_is_told_after_two_runs_that_agree(market):
    assert market.run(lacks=[SAFE]) == []
    assert market.run(lacks=[SAFE]) == [f"{LEAF} removed a question: “{SAFE}”"]


def test_the_next_identical_run_is_silent(market):
    for _ in range(2):
        market.run(lacks=[SAFE])
    assert [market.run(lacks=[SAFE]) for _ in range(4)] == [[]] * 4


def test_telling_a_run_twice_sends_nothing_twice(market):
    for _ in range(2):
        market.run(lacks=[SAFE])
    assert market.tell() == []
    assert len(market.sent) == 1


def test_one_digest_has_all_that_changed(market):
    for _ in range(2):
        market.run(lacks=[SAFE, PARCEL], sql=["delete from chat_widgets where brand_id = :brand"])
    ((_, title, body),) = market.sent
    assert title == "cxscout tea: 3 changes"
    assert [line for line in body.splitlines() if line.startswith("- ")] == [
        f"- {LEAF} removed its chat tawk.",
        f"- {LEAF} removed a question: “{SAFE}”",
        f"- {LEAF} removed a question: “{PARCEL}”",
    ]


def test_a_page_that_failed_alerts_nothing_and_nothing_when_it_is_back(market):
    told = [market.run(failed=["/faq"]), market.run(failed=["/faq"]), market.run(), market.run()]
    assert told == [[], [], [], []]


def test_a_failed_page_between_two_agreeing_runs_does_not_lose_the_change(market):
    told = [
        market.run(lacks=[SAFE]),
        market.run(lacks=[SAFE], failed=["/faq"]),
        market.run(lacks=[SAFE]),
    ]
    assert [len(texts) for texts in told] == [0, 0, 1]


def test_a_fact_missed_once_is_neither_gone_nor_new(market):
    told = [market.run(lacks=[SAFE]), *(market.run() for _ in range(4))]
    assert told == [[]] * 5


def test_a_fact_seen_between_two_misses_is_not_gone_though_a_page_failed_too(market):
    told = [market.run(lacks=[SAFE]), market.run(failed=["/faq"]), market.run()]
    assert [*told, market.run(lacks=[SAFE])] == [[]] * 4


def test_two_lost_observations_in_a_row_do_not_lose_a_change(market):
    told = [market.run(failed=["/faq"]) for _ in range(2)]
    told += [market.run(lacks=[SAFE]) for _ in range(2)]
    assert [len(texts) for texts in told] == [0, 0, 0, 1]


def test_a_fact_that_flips_every_run_is_never_told(market):
    assert [market.run(lacks=[SAFE] if n % 2 else []) for n in range(8)] == [[]] * 8


def test_a_fact_that_comes_back_soon_is_held_back_and_told_when_it_stays(market):
    gone = [market.run(lacks=[SAFE]) for _ in range(2)]
    back = [market.run() for _ in range(9)]
    assert [len(texts) for texts in gone] == [0, 1]
    assert [texts for texts in back if texts] == [[f"{LEAF} added a question: “{SAFE}”"]]
    assert back[1] == []  # two runs agree, but it was told the other way the day before


def test_one_agreeing_run_is_enough_where_the_study_says_so(market):
    set_alerts(market.db, "tea", [], [], 1)
    assert market.run(lacks=[SAFE]) == [f"{LEAF} removed a question: “{SAFE}”"]


def test_topics_that_are_not_wished_stay_silent(market):
    set_alerts(market.db, "tea", [], ["chat_vendor"], None)
    assert [market.run(lacks=[SAFE]) for _ in range(3)] == [[]] * 3


def test_an_unknown_topic_is_refused(market):
    with pytest.raises(ConfigError, match="topic 'weather' is unknown"):
        set_alerts(market.db, "tea", [], ["weather"], None)


GAP = """insert into gaps (id, run_id, brand_id, metric, dimension, impact, effort, confidence,
    stage, position, text, tactic, goal, kpi) values (:run, :run, (select id from brands where
    run_id = :run and role = 'own'), 'faq_count', 'answers', 1, 'small', 'high', 'purchase', 1,
    'fewer questions than the market', '', '', '')"""
METRIC = """insert into metrics (id, run_id, brand_id, key, dimension, value, unit, n, coverage,
    state, method_version) values (:run, :run, (select id from brands where run_id = :run and
    role = 'own'), 'faq_count', 'answers', 3, 'count', 3, 1, 'measured', '1')"""


def test_an_own_gap_that_opened_is_told(market):
    market.run(sql=[METRIC])
    market.run(sql=[METRIC])
    assert market.run(sql=[METRIC, GAP]) == []
    assert market.run(sql=[METRIC, GAP]) == ["gap opened: fewer questions than the market"]


def test_a_gap_whose_metric_was_not_measured_is_not_closed(market):
    for _ in range(2):
        market.run(sql=[METRIC, GAP])
    assert [market.run() for _ in range(3)] == [[]] * 3


def test_a_hundred_runs_with_known_changes_and_noise(market):
    """Half of the questions change for good, half never; a page fails, a question hides."""
    dice = random.Random(7)
    changing, steady = QUESTIONS[:5], QUESTIONS[5:]
    absent, real, told, hidden = set(), [], [], [set(), set()]
    for day in range(100):
        if day % 10 == 4:  # every ten days a question goes for good, or comes back
            question = changing[(day // 10) % len(changing)]
            absent ^= {question}
            real.append((question, "removed" if question in absent else "added"))
        noise = {q for q in steady if dice.random() < 0.02} - hidden[0] - hidden[1]
        hidden = [noise, hidden[0]]  # it lasts one run; what two runs agree on is a change
        failed = ["/faq"] if dice.random() < 0.05 else []
        told += market.run(lacks=absent | noise, failed=failed)
    expected = [f"{LEAF} {what} a question: “{question}”" for question, what in real]
    found = [text for text in told if text in expected]
    assert len(set(found)) >= 0.95 * len(set(expected))
    assert [text for text in told if any(q in text for q in steady)] == []
    assert len(told) == len(set(told))


# -- health


def test_a_site_is_told_as_blocked_after_three_runs(market):
    market.is_gate_shut = True
    told = [market.run() for _ in range(4)]
    assert told == [
        [],
        [],
        ["gate.example could not be read in 3 runs in a row: challenge page"],
        [],
    ]


def test_a_run_that_failed_is_told_at_once_and_its_recovery_too(market):
    failed = "no search was answered by brave: HTTP 401"
    assert f"the run failed: {failed}" in market.run(error=failed)
    assert "over: runs fail" in market.run()


def test_a_provider_without_quota_is_told(market):
    quota = "update searches set state = 'quota', reason = 'HTTP 429' where run_id = :run"
    assert "provider file answered 0 of 3 searches: HTTP 429" in market.run(sql=[quota])


def test_changes_and_health_are_apart(market):
    market.is_gate_shut = True
    for _ in range(2):
        market.run()
    market.run(lacks=[SAFE])
    market.run(lacks=[SAFE])
    assert {title for _, title, _ in market.sent} == {
        "cxscout tea: 1 change",
        "cxscout tea: 1 health notice",
    }


# -- sending


def test_a_target_that_fails_is_tried_again_later_and_then_given_up(market):
    def refuses(target, title, body):
        raise CxscoutError("refused")

    for _ in range(2):
        market.send = refuses
        market.run(lacks=[SAFE])
    now = NOW + market.run_id * DAY
    assert deliver(market.db, now + timedelta(seconds=59), market.send) == 0
    rows = list(market.db.query("select attempts, state from deliveries where kind = 'change'"))
    assert rows == [{"attempts": 1, "state": "waiting"}]
    market.send = Market.send.__get__(market)
    assert deliver(market.db, now + timedelta(seconds=61), market.send) == 1
    assert deliver(market.db, now + DAY, market.send) == 0


def test_a_target_that_never_answers_is_given_up(market):
    def refuses(target, title, body):
        raise CxscoutError("refused")

    market.send = refuses
    for _ in range(2):
        market.run(lacks=[SAFE])
    for hour in range(100):
        deliver(market.db, NOW + market.run_id * DAY + hour * timedelta(hours=1), refuses)
    rows = list(market.db.query("select attempts, state, error from deliveries"))
    assert rows == [{"attempts": 10, "state": "given_up", "error": "refused"}]


def test_messages_arrive_through_apprise(tmp_path, monkeypatch):
    pytest.importorskip("apprise", exc_type=ImportError)
    got = []

    class Exchange(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append(self.rfile.read(int(self.headers["content-length"])).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Exchange)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("TEST_TARGET", f"json://127.0.0.1:{server.server_port}/x")
    try:
        try_target("env:TEST_TARGET", send_by_apprise)
    finally:
        server.shutdown()
        server.server_close()
    assert "cxscout: a test" in got[0]


@pytest.mark.parametrize(
    ("target", "message"), [("env:NOT_SET_HERE", "is not set"), ("nonsense", "not one that")]
)
def test_a_target_that_cannot_work_is_refused_without_its_secret(target, message):
    pytest.importorskip("apprise", exc_type=ImportError)
    with pytest.raises(ConfigError, match=message):
        try_target(target)


def test_the_feed_has_what_was_told(market):
    for _ in range(2):
        market.run(lacks=[SAFE])
    feed = ET.parse(market.settings.reports / "tea.atom").getroot()
    titles = [e.text for e in feed.iter("{http://www.w3.org/2005/Atom}title")]
    assert titles[0] == "cxscout: tea"
    assert f"{LEAF} removed a question: “{SAFE}”" in titles


# -- the command


def test_changes_between_two_runs_are_printed(market):
    market.run(lacks=[SAFE])
    rows = changes_between(market.db, "tea")
    assert [(row["from_run"], row["to_run"], row["kind"]) for row in rows] == [
        (2, 3, "faq_removed")
    ]


def test_changes_need_two_runs(tmp_path):
    market = Market(tmp_path)
    with pytest.raises(ConfigError, match="two runs"):
        changes_between(market.db, "tea")
    market.db.close()


def test_the_command_prints_json(market):
    score = {"id": "s1", "run_id": 1, "brand_id": brand_id(1, LEAF), "dimension": "x",
             "score": 1, "low": 1, "high": 1, "coverage": 1, "state": "measured"}  # fmt: skip
    upsert(market.db, "scores", [score])
    upsert(market.db, "scores", [score | {"id": "s2", "run_id": 2,
                                          "brand_id": brand_id(2, LEAF)}])  # fmt: skip
    done = CliRunner().invoke(
        cli,
        ["--home", str(market.settings.home), "changes", "tea", "--from", "1", "--to", "2",
         "--json"],
    )  # fmt: skip
    assert (done.exit_code, done.stdout) == (0, "[]\n")


def test_templates_word_the_message(market):
    set_alerts(market.db, "tea", [], [], None, title="[$study] $count $what", body="$items ($$)")
    gone = {SAFE}
    for _ in range(2):
        market.run(lacks=gone)
    market.run(lacks=gone)
    _, title, body = market.sent[-1]
    assert title == "[tea] 1 change"
    assert body == f"- {LEAF} removed a question: “{SAFE}” ($)"


@pytest.mark.parametrize("template", ["$nothing", "5 $ each"])
def test_a_template_that_cannot_be_filled_is_refused(market, template):
    with pytest.raises(ConfigError, match=r"known are \$study"):
        set_alerts(market.db, "tea", [], [], None, title=template)

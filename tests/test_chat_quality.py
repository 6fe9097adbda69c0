"""Chat quality: what an opened window shows, and the grade that the rubric makes of it."""

import sqlite3
from types import SimpleNamespace

import pytest

from analysis.chat_quality import grade_chat, rubric
from analysis.metrics import _chat_quality
from crawler.browser import find_browser
from crawler.db import open_db
from crawler.items import ChatCriterion, Observations, Page, PageVisit
from crawler.pipelines import store_items
from spiders.extract.chat_reading import CRITERIA, read_chat
from tests.loopback import Answer, serve
from tests.test_browser import HOST, proxied, run_jobs
from tests.widgets.chats import FRAMED, IN_PAGE, OWN, SHADOW, UNNAMED, framed_window

needs_browser = pytest.mark.skipif(find_browser() is None, reason="no browser is installed")
pytestmark = pytest.mark.xdist_group("browser")


def view(text="", buttons=(), fields=(), pictures=(), launcher=None, **more):
    return {
        "opened": True,
        "where": "page",
        "lang": "",
        "text": text,
        "launcher": launcher,
        "buttons": [{"says": b, "href": "", "box": {}} for b in buttons],
        "fields": [{"kind": "text", "says": f, "required": False} for f in fields],
        "pictures": list(pictures),
        **more,
    }


def verdicts(seen, kind="live_chat", language="en"):
    return {row.criterion: row.verdict for row in read_chat(seen, kind, language)}


class TestReading:
    @pytest.mark.parametrize(
        ("criterion", "text"),
        [
            ("greeting", "Hallo, schön dass du da bist"),
            ("says_who_answers", "Notre équipe vous lit avec plaisir"),
            ("ai_disclosure", "You are chatting with a virtual assistant"),
            ("hours", "Wir sind Mo-Fr für dich da"),
            ("hours", "Every day 9:00 - 17:30"),
            ("reply_time", "We typically reply in a few minutes"),
            ("order_tracking", "Pick one: Order status, Returns"),
            ("handover", "You can talk to an agent at any time"),
            ("other_channel", "Or write to help@tea.example today"),
        ],
    )
    def test_words_show_the_criterion(self, criterion, text):
        assert verdicts(view(text))[criterion] == "yes"

    @pytest.mark.parametrize(
        "criterion", ["greeting", "hours", "reply_time", "order_tracking", "handover"]
    )
    def test_window_without_the_words_fails(self, criterion):
        assert verdicts(view("Tea and coffee from the hills"))[criterion] == "no"

    @pytest.mark.parametrize(
        ("language", "text"),
        [
            ("ja", "こんにちは！通常、数分以内に返信します。担当者につなぐ"),
            ("ru", "Здравствуйте! Обычно отвечаем сразу. Связаться с нами"),
            ("ar", "مرحبا! نرد عادة خلال دقائق. التحدث مع موظف"),
            ("nb", "Hei! Vi svarer vanligvis fort. Snakk med oss"),
        ],
    )
    def test_windows_of_many_languages_are_read(self, language, text):
        found = verdicts(view(text), language=language)
        assert [found[c] for c in ("greeting", "reply_time", "handover")] == ["yes"] * 3

    def test_a_time_to_wait_counts_and_one_that_has_passed_does_not(self):
        assert verdicts(view("An answer takes 5-10 minutes"))["reply_time"] == "yes"
        assert verdicts(view("Anna wrote this 5 min ago"))["reply_time"] == "no"

    def test_a_language_without_words_is_not_judged(self):
        found = verdicts(view("Sannu da zuwa, barka da rana a nan"), "bot", language="ha")
        judged = ("greeting", "hours", "reply_time", "handover", "ai_disclosure", "can_be_closed")
        assert {found[c] for c in judged} == {"not_observable"}

    def test_short_words_of_another_language_say_nothing(self):
        text = "Écrivez-moi plus tard, avec plaisir"
        assert verdicts(view(text), language="fr")["greeting"] == "no"
        assert verdicts(view("This robotic vacuum is on sale"))["says_who_answers"] == "no"

    def test_excerpt_is_the_line_that_shows_it(self):
        rows = read_chat(view("Tea\nWe usually reply in an hour\nCups"), "bot", "en")
        said = {row.criterion: row.excerpt for row in rows}
        assert said["reply_time"] == "We usually reply in an hour"

    def test_silent_bot_vendor_fails_disclosure_and_live_chat_is_not_judged(self):
        seen = view("Ask your question about tea here")
        assert verdicts(seen, "ai_bot")["ai_disclosure"] == "no"
        assert verdicts(seen, "live_chat")["ai_disclosure"] == "not_observable"

    def test_word_inside_a_word_is_no_bot(self):
        assert verdicts(view("Bottles and botany, no sabotage"))["says_who_answers"] == "no"

    def test_controls_are_no_quick_replies(self):
        assert verdicts(view("Some text here", ["Close", "Send", "Menu"]))["quick_replies"] == "no"
        assert verdicts(view("Some text here", ["Returns", "Prices"]))["quick_replies"] == "yes"

    def test_field_for_name_is_a_form_first(self):
        assert verdicts(view("Please tell us", fields=["Your name"]))["no_form_first"] == "no"
        assert verdicts(view("Please tell us", fields=["Message"]))["no_form_first"] == "yes"

    def test_empty_window_is_not_judged_by_words(self):
        assert verdicts(view(""))["greeting"] == "not_observable"

    def test_chat_that_does_not_open_is_not_observable_but_its_opener_is(self):
        opener = {"name": "", "keyboard": False, "tag": "div"}
        found = verdicts({"opened": False, "launcher": opener})
        assert found.pop("accessible_name") == found.pop("keyboard_reach") == "no"
        assert set(found.values()) == {"not_observable"}

    def test_page_without_a_chat_has_no_rows(self):
        assert read_chat(None, None, "en") == []


class TestRubric:
    def test_reading_and_rubric_have_the_same_criteria(self):
        assert [row.key for row in rubric()] == list(CRITERIA)
        assert len(rubric()) >= 12

    def test_every_criterion_names_its_source(self):
        assert [row.key for row in rubric() if len(row.source) < 10 or row.weight <= 0] == []

    def rows(self, verdict, *names):
        return [{"criterion": name, "verdict": verdict, "excerpt": "", "page_id": "p"}
                for name in names]  # fmt: skip

    def test_score_is_the_weighted_share_of_what_was_observed(self):
        names = [row.key for row in rubric()]
        assert grade_chat(self.rows("yes", *names)).score == 100
        assert grade_chat(self.rows("no", *names)).score == 0
        weights = {row.key: row.weight for row in rubric()}
        mixed = self.rows("no", *names[1:]) + self.rows("yes", names[0])
        share = 100 * weights[names[0]] / sum(weights.values())
        assert grade_chat(mixed).score == pytest.approx(share)

    def test_what_cannot_be_observed_lowers_nothing(self):
        names = [row.key for row in rubric()]
        rows = self.rows("yes", *names[:10]) + self.rows("not_observable", *names[10:])
        grade = grade_chat(rows)
        assert grade.score == 100
        assert grade.coverage < 1

    def test_too_little_observed_is_no_score(self):
        grade = grade_chat(self.rows("yes", "accessible_name", "keyboard_reach"))
        assert grade.score is None
        assert 0 < grade.coverage < 0.3

    def test_yes_on_one_page_counts_before_no_on_another(self):
        rows = self.rows("no", "hours") + self.rows("yes", "hours")
        for order in (rows, rows[::-1]):
            found = {r.criterion.key: r.passed for r in grade_chat(order).results}
            assert found["hours"] is True

    def test_without_rows_there_is_no_grade(self):
        assert grade_chat([]) is None


# -- in the browser


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """Four chats, each opened once; and what was typed or sent, and the archive."""
    archive = tmp_path_factory.mktemp("archive")
    pages = {"page": IN_PAGE, "shadow": SHADOW, "iframe": FRAMED, "unnamed": UNNAMED, "own": OWN}
    routes = {HOST + name: Answer(html) for name, html in pages.items()}
    routes[HOST + "window"] = Answer(framed_window("de"))
    visits = []
    with serve(routes) as site:
        for name in pages:  # a spider opens only the first chat that it sees
            visits += run_jobs([{"urls": HOST + name}], proxied(site, archive))
        typed = site.hits[f"{HOST}typed-or-sent"]
    return {v.page.url.removeprefix(HOST): v for v in visits}, typed, archive


def criteria(opened, name):
    rows = opened[0][name].observations.chat_criteria
    assert rows, opened[0][name].page
    return {row.criterion: (row.verdict, row.excerpt) for row in rows}


@needs_browser
@pytest.mark.parametrize("name", ["page", "shadow"])
def test_window_in_the_page_or_a_closed_shadow_tree_is_read(opened, name):
    found = criteria(opened, name)
    failed = {key: value for key, value in found.items() if value[0] == "no"}
    assert failed == {}
    assert found["greeting"][1] == "Hello! I'm Mia"
    assert found["handover"][1] == "Talk to a human"
    assert "5 minutes" in found["reply_time"][1]
    assert "Track my order" in found["quick_replies"][1]
    assert found["keyboard_reach"] == ("yes", "button takes the focus")


@needs_browser
def test_chat_that_the_shop_made_itself_is_opened_and_read(opened):
    found = criteria(opened, "own")
    assert found["greeting"][1] == "Hello! I'm Mia"
    assert found["accessible_name"] == ("yes", "Open chat")


@needs_browser
def test_window_in_an_iframe_is_read(opened):
    found = criteria(opened, "iframe")
    assert found["no_form_first"][0] == "no"
    assert found["language"] == ("no", "window in de, page in en")
    assert found["accessible_name"] == ("yes", "Open chat")
    assert found["hours"][0] == "no"


@needs_browser
def test_opener_without_name_and_focus_fails_both(opened):
    found = criteria(opened, "unnamed")
    assert (found["accessible_name"][0], found["keyboard_reach"][0]) == ("no", "no")


@needs_browser
def test_nothing_is_typed_or_sent(opened):
    assert opened[1] == 0


@needs_browser
def test_opened_window_is_in_the_archive_as_a_picture(opened):
    index = sqlite3.connect(opened[2] / "index.db")
    keys = {row[0] for row in index.execute("select key from records where kind = 'screenshot'")}
    index.close()
    assert keys >= {f"chat-screenshot:{HOST}page", f"screenshot:{HOST}page"}


@needs_browser
def test_replay_reads_the_same_criteria_without_a_browser(opened):
    visits, _, archive = opened
    with serve({}) as site:
        settings = proxied(site, archive, offline=True)
        (again,) = run_jobs([{"urls": HOST + "page", "browser": "/not/there"}], settings)
    assert again.observations.chat_criteria == visits["page"].observations.chat_criteria


# -- the database


def test_criteria_are_stored_and_replaced_with_their_page():
    db = open_db(":memory:")
    db.execute("pragma foreign_keys = off")  # the page alone matters here
    page = Page(url=HOST, state="ok", fetched_at="2026-01-01T00:00:00+00:00", rendered=True)
    for verdict in ("no", "yes"):
        found = Observations(chat_criteria=[ChatCriterion("hours", verdict, "Mon-Fri")])
        store_items(db, 1, [PageVisit("widgets.test", page, found)], b"key")
    rows = list(db.query("select criterion, verdict, excerpt from chat_criteria"))
    db.close()
    assert rows == [{"criterion": "hours", "verdict": "yes", "excerpt": "Mon-Fri"}]


class TestMetric:
    def measured(self, **verdicts):
        rows = [
            {"criterion": name, "verdict": verdict, "excerpt": f"seen {name}", "page_id": "p1"}
            for name, verdict in verdicts.items()
        ]
        return _chat_quality(SimpleNamespace(brand=SimpleNamespace(criteria=rows)))

    def test_what_could_not_be_observed_is_left_out(self):
        known = {row.key: "yes" for row in rubric()} | {"hours": "no"}
        whole = self.measured(**known)
        part = self.measured(**(known | {"ai_disclosure": "not_observable"}))
        points = {row.key: row.weight for row in rubric()}
        total = sum(points.values())
        assert whole.value == pytest.approx(1 - points["hours"] / total)
        assert part.value == pytest.approx(1 - points["hours"] / (total - points["ai_disclosure"]))
        assert part.n == whole.n - 1

    def test_brand_without_an_opened_chat_is_not_seen(self):
        assert self.measured().state == "not_seen"

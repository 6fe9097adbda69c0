"""Changes between two runs: facts, tests, and never a failed fetch."""

from __future__ import annotations

import pytest

from analysis.changes import compare, write_changes
from analysis.run_analysis import analyze
from crawler.db import brand_id
from tests.analysis_market import NOW, add_run, build


@pytest.fixture
def db(tmp_path):
    """Two runs of the same market, both analyzed after the test changed the second."""
    found = build(tmp_path / "cxscout.db")
    analyze(found, 1, now=NOW)
    found.execute("update runs set state = 'done' where id = 1")
    add_run(found, 2)
    yield found
    found.close()


def changes(db):
    analyze(db, 2, now=NOW)
    return compare(db, 1, 2)


def kinds(found):
    return {(change.domain, change.kind) for change in found}


LEAF = brand_id(2, "leaf.example")


def test_the_same_market_has_no_changes(db):
    assert changes(db) == []


def test_the_order_of_rows_is_no_change(db):
    db.execute("update faq_entries set id = 'z' || id where run_id = 2 and rowid % 2 = 0")
    db.execute("update channels set rowid = -rowid where run_id = 2")
    assert changes(db) == []


def test_removed_questions_are_named(db):
    db.execute(
        "delete from faq_entries where brand_id = ? and question in ('Is my data safe?', "
        "'Where is my parcel?')",
        [LEAF],
    )
    (change,) = changes(db)
    assert change.kind == "faq_removed"
    assert change.text == (
        "leaf.example removed 2 questions: “Is my data safe?”; “Where is my parcel?”."
    )


def test_a_page_that_failed_removes_nothing(db):
    page = "(select id from pages where brand_id = ? and url like '%/faq')"
    db.execute(f"delete from faq_entries where page_id = {page}", [LEAF])
    db.execute(f"update pages set state = 'timeout' where id = {page}", [LEAF])
    assert changes(db) == []


def test_an_extractor_that_failed_removes_nothing(db):
    page = "(select id from pages where brand_id = ? and url like '%/faq')"
    db.execute(f"delete from faq_entries where page_id = {page}", [LEAF])
    db.execute(f"update pages set errors = '[\"faq: boom\"]' where id = {page}", [LEAF])
    assert changes(db) == []


def test_a_page_that_is_gone_removes_its_questions(db):
    page = "(select id from pages where brand_id = ? and url like '%/faq')"
    db.execute(f"delete from faq_entries where page_id = {page}", [LEAF])
    db.execute(f"update pages set state = 'not_found' where id = {page}", [LEAF])
    assert ("leaf.example", "faq_removed") in kinds(changes(db))


def test_a_new_chat_vendor_is_a_move(db):
    db.execute("update chat_widgets set vendor = 'intercom' where brand_id = ?", [LEAF])
    (change,) = changes(db)
    assert change.text == "leaf.example moved its chat from tawk to intercom."


def test_a_chat_is_not_removed_by_a_run_without_a_browser(db):
    db.execute("update chat_widgets set phase = 'idle' where run_id = 1")
    db.execute("delete from chat_widgets where brand_id = ?", [LEAF])
    db.execute("update pages set rendered = 0 where brand_id = ?", [LEAF])
    assert changes(db) == []


def test_a_shorter_return_window_is_two_facts(db):
    db.execute("""update policies set facts = '{"window_days": 14}' where run_id = 2""")
    found = {change.kind: change.text for change in changes(db)}
    assert "returns window days 30" in found["policy_removed"]
    assert "returns window days 14" in found["policy_added"]


def test_a_rating_changes_only_beyond_its_interval(db):
    db.execute("update ratings set value = 4.75 where run_id = 2")
    assert changes(db) == []
    db.execute("update ratings set value = 4.1 where run_id = 2")
    (change,) = changes(db)
    assert change.kind == "star_rating"
    assert "fell from" in change.text
    assert "n 320 and 320" in change.text
    assert "p = " in change.text


def test_a_fall_in_the_results_names_keywords_and_threshold(db):
    db.execute("update serp_results set rank = 9 where run_id = 2 and url like '%leaf%'")
    (change,) = changes(db)
    assert "fell from 28.5 % to 2.8 % on the same 3 keywords (threshold 2 points)" in change.text


def test_other_keywords_are_not_compared(db):
    db.execute("update serp_results set rank = 9 where run_id = 2 and url like '%leaf%'")
    db.execute("update searches set state = 'quota' where run_id = 2 and keyword = 'tea shop'")
    assert changes(db) == []


def test_a_new_method_is_not_a_new_market(db):
    db.execute("update ratings set value = 4.1 where run_id = 2")
    analyze(db, 2, now=NOW)
    db.execute("update metrics set method_version = '0' where run_id = 1 and key = 'star_rating'")
    (change,) = compare(db, 1, 2)
    assert change.cause == "method"
    assert "our method changed" in change.text


def test_brands_that_come_and_go_are_told(db):
    db.execute("update brands set role = 'ignored' where run_id = 2 and domain = 'mug.example'")
    found = changes(db)
    assert [(c.domain, c.kind, c.after) for c in found] == [("mug.example", "brand", None)]


def test_changes_are_written_once(db):
    db.execute("update chat_widgets set vendor = 'intercom' where brand_id = ?", [LEAF])
    assert analyze(db, 2, now=NOW).changes == 1
    write_changes(db, 1, 1, 2)
    assert db.execute("select count(*), max(cause) from changes").fetchone() == (1, "market")

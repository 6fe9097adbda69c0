"""The labelled result pages in tests/eval/serp: scores must not fall below the floors."""

import hashlib
import json
from pathlib import Path

import pytest

from spiders.extract.serp import parse_serp

SET = Path(__file__).parent / "eval" / "serp"
ROWS = [json.loads(line) for line in (SET / "labels.jsonl").read_text("utf-8").splitlines()]
FLOORS = json.loads((SET / "floors.json").read_text("utf-8"))


def _parsed(row):
    return parse_serp(row["provider"], (SET / row["file"]).read_bytes())


def _measure() -> dict[str, float]:
    """F1 of organic addresses, share of pages in exact order, recall of questions.

    One wrong address of the about 45 moves the F1 by 0.01, one page the order by 0.05.
    """
    right = wrong = missed = exact = asked = found_questions = 0
    for row in ROWS:
        got, want = _parsed(row), row["expected"]
        urls, wanted = [hit.url for hit in got.results], want["organic_urls"]
        right += len(set(urls) & set(wanted))
        wrong += len(set(urls) - set(wanted))
        missed += len(set(wanted) - set(urls))
        exact += urls == wanted
        asked += len(want["paa"])
        found_questions += len(set(got.questions) & set(want["paa"]))
    return {
        "f1": 2 * right / (2 * right + wrong + missed),
        "exact_order": exact / len(ROWS),
        "question_recall": found_questions / asked,
    }


def test_the_floors_belong_to_this_set():
    digest = hashlib.sha256()
    for row in ROWS:
        digest.update((SET / row["file"]).read_bytes())
    digest.update((SET / "labels.jsonl").read_bytes())
    assert FLOORS["sha256"] == digest.hexdigest()


@pytest.mark.parametrize("measure", ["f1", "exact_order", "question_recall"])
def test_result_pages_score_at_least_the_floor(measure):
    assert _measure()[measure] >= FLOORS[measure]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["file"])
def test_state_query_ads_and_related_are_read(row):
    got, want = _parsed(row), row["expected"]
    assert (got.state, got.query) == (want["state"], want["query"])
    assert len(got.ads) == want["ads_count"]
    assert got.related == want["related"]
    assert not {hit.url for hit in got.ads} & {hit.url for hit in got.results}

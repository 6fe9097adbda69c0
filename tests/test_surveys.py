"""The formulas of surveys, each by its name, and what is refused."""

import pytest

from analysis.surveys import SURVEYS, Answer, bucket_of, formula_of, reply_times, results
from crawler.errors import ConfigError


def of(metric, values, formula=None):
    return results(metric, [Answer(value) for value in values], formula)


@pytest.mark.parametrize(
    ("scores", "nps"),
    [
        ([10, 9, 8, 7, 6, 0], 0),
        ([9, 10], 100),
        ([0, 6], -100),
        ([7, 8], 0),
        ([10, 10, 10, 6], 50),
    ],
)
def test_nps_is_promoters_minus_detractors_of_zero_to_six(scores, nps):
    found = of("nps", scores)
    assert found.value == nps
    assert found.n == len(scores)
    assert found.low <= found.value <= found.high


@pytest.mark.parametrize(
    ("formula", "value"), [(None, 0.6), ("top2", 0.6), ("mean", 3.6), ("sum_max", 0.72)]
)
def test_csat_has_three_formulas_that_do_not_agree(formula, value):
    found = of("csat", [5, 4, 5, 3, 1], formula)
    assert found.value == pytest.approx(value)
    assert found.definition
    assert found.scale == "1 to 5"


def test_effort_of_2010_is_better_when_low_and_the_later_one_when_high():
    assert (SURVEYS["ces5"].better, SURVEYS["ces7"].better) == ("low", "high")
    assert of("ces5", [1, 2, 3]).value == pytest.approx(2)
    assert of("ces7", [7, 5, 4, 1]).value == pytest.approx(0.5)
    assert of("ces7", [7, 5, 4, 1], "mean").value == pytest.approx(4.25)


@pytest.mark.parametrize(
    ("metric", "value"),
    [("nps", 11), ("nps", -1), ("csat", 0), ("csat", 6), ("ces5", 6), ("ces7", 8), ("nps", 7.5)],
)
def test_value_off_the_scale_is_refused_with_its_row(metric, value):
    with pytest.raises(ConfigError, match=f"row 3: {value:g} is not on the scale"):
        results(metric, [Answer(1), Answer(value, row="row 3")])


def test_five_point_effort_names_the_other_scale_when_it_is_wrong():
    with pytest.raises(ConfigError, match="ces7"):
        of("ces5", [7])


def test_unknown_formula_lists_those_there_are():
    with pytest.raises(ConfigError, match=r"top2 .*sum_max"):
        formula_of("csat", "median")
    with pytest.raises(ConfigError, match="known are nps"):
        formula_of("happiness")


def test_churn_from_500_to_450_is_ten_percent():
    found = results("churn", [Answer(50, 500, "January")])
    assert found.value == pytest.approx(0.1)
    assert (found.n, found.parts) == (500, (("January: lost of 500", 50),))
    assert found.low < 0.1 < found.high


def test_churn_without_customers_is_no_number():
    assert results("churn", [Answer(0, 0)]).value is None


@pytest.mark.parametrize(
    ("hours", "bucket"),
    [(0, "0-1h"), (1, "0-1h"), (1.01, "1-4h"), (4, "1-4h"), (8, "4-8h"), (24, "8-24h"),
     (24.1, "24h+"), (None, "never")],
)  # fmt: skip
def test_reply_time_falls_into_its_bucket(hours, bucket):
    assert bucket_of(hours) == bucket


def test_all_buckets_are_told_also_the_empty_ones():
    assert [name for name, _ in reply_times([])] == [
        "0-1h", "1-4h", "4-8h", "8-24h", "24h+", "never",
    ]  # fmt: skip


def test_question_never_answered_is_in_no_percentile_and_is_told():
    found = of("response_time", [1, 2, 3, None])
    assert (found.value, found.n) == (2, 3)
    assert dict(found.parts)["never"] == 1
    assert "1 of 4 were never answered" in found.note
    assert of("response_time", range(1, 12), "p90").value == pytest.approx(10)


def test_nothing_answered_is_not_a_time_of_zero():
    found = of("response_time", [None, None])
    assert found.value is None
    assert "2 of 2" in found.note


def test_tickets_are_counted_by_topic_most_frequent_first():
    found = results("tickets", [Answer(3, label="a"), Answer(5, label="b"), Answer(2, label="a")])
    assert found.parts == (("a", 5), ("b", 5))
    assert (found.value, found.n) == (0.5, 10)


def test_few_answers_are_called_few_and_one_has_no_interval():
    assert "only 2 answers" in of("nps", [9, 9]).note
    one = of("nps", [9])
    assert (one.low, one.high) == (None, None)
    assert of("nps", []).value is None


@pytest.mark.parametrize("metric", SURVEYS)
def test_every_survey_says_formula_scale_and_unit(metric):
    survey = SURVEYS[metric]
    assert survey.formulas
    assert all(f.definition and f.unit for f in survey.formulas)
    assert survey.scale_words

from collections.abc import Iterator

from analysis.classify import classify_rows
from analysis.themes import THEMES


def test_lines_carry_id_language_sentiment_score_and_themes() -> None:
    (line,) = classify_rows([{"id": 7, "text": "The delivery was awful and slow."}])
    assert list(line) == ["id", "language", "sentiment", "score", "themes"]
    assert (line["id"], line["language"], line["sentiment"]) == (7, "en", "negative")
    assert line["score"] < 0
    assert line["themes"]["delivery"] == "negative"
    assert set(line["themes"]) <= set(THEMES)


def test_language_of_the_row_is_believed() -> None:
    (line,) = classify_rows([{"id": 1, "text": "Super!", "lang": "de-AT"}])
    assert (line["language"], line["sentiment"]) == ("de", "positive")


def test_stars_speak_for_texts_we_cannot_read() -> None:
    lines = list(classify_rows([{"id": n, "text": "ok", "rating": n} for n in (1, 3, 5)]))
    assert [(line["sentiment"], line["score"]) for line in lines] == [
        ("negative", -1.0),
        ("neutral", 0.0),
        ("positive", 1.0),
    ]


def test_nothing_is_said_where_nothing_can_be() -> None:
    rows = [
        {"id": 1, "text": ""},
        {"id": 2, "text": None},
        {"id": 3},
        {"text": "ok", "rating": "x"},
    ]
    for line in classify_rows(rows):
        assert (line["language"], line["sentiment"], line["score"], line["themes"]) == (
            None,
            None,
            None,
            {},
        )


def test_rows_are_read_as_they_are_needed() -> None:
    taken = []

    def rows() -> Iterator[dict]:
        for number in range(10_000):
            taken.append(number)
            yield {"id": number, "text": "fine"}

    lines = classify_rows(rows())
    assert next(lines)["id"] == 0
    assert len(taken) < 5_000

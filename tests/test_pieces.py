from pathlib import Path

import numpy as np
import pytest

from analysis.phrases import tokens_of
from analysis.pieces import PieceModel, load


def _model() -> PieceModel:
    pieces = ["", "▁good", "▁bad", "▁not", "▁go", "od", "s"]
    windows = np.zeros((len(pieces), 3, 1), np.float32)
    windows[3, 0] = windows[1, 1] = -1.0  # one detector: "not" before "good"
    return PieceModel(
        pieces=pieces,
        likeliness=np.array([-9, -3, -3, -3, -5, -5, -2], np.float32),
        alone=np.array([[0, 1], [2, 0], [-2, 0], [0, 0], [0, 0], [0, 0], [0, 0]], np.float32),
        windows=-windows,
        detector_biases=np.array([-1.5], np.float32),
        detector_weights=np.array([[-8.0, 0.0]], np.float32),
        phrase_weights=np.zeros((6, 2), np.float32),
        biases=np.array([0.0, -1.0], np.float32),
    )


def _polar(*texts: str) -> list[float]:
    tokenized = [tokens_of(text) for text in texts]
    polar, _ = _model().logits(tokenized, np.zeros((len(texts), 6), np.float32))
    return [round(logit, 3) for logit in polar.tolist()]


def test_a_word_is_cut_into_its_likeliest_pieces() -> None:
    model = _model()
    ids, texts = model.cut([["good"], [], ["goods", "not"]])
    assert [model.pieces[at] for at in ids] == ["▁good", "▁good", "s", "▁not"]
    assert texts.tolist() == [0, 2, 2, 2]


def test_letters_that_no_piece_has_are_unknown() -> None:
    ids, _ = _model().cut([["goods€"], ["€"]])
    assert ids.tolist() == [1, 6, 0, 0, 0]


def test_a_detector_sees_neighbours_but_not_across_texts() -> None:
    together, apart, next_text = _polar("not good", "good not", "good")
    assert together == round((2 - 8 * 0.5) / 2**0.5, 3)
    assert apart == round(2 / 2**0.5, 3)
    assert next_text == 2.0


def test_a_text_without_words_has_only_the_bias() -> None:
    polar, neutral = _model().logits([[], ["bad"]], np.zeros((2, 6), np.float32))
    assert polar.tolist() == [0.0, -2.0]
    assert neutral.tolist() == [-1.0, -1.0]


def test_pieces_survive_their_file(tmp_path: Path) -> None:
    model = _model()
    model.save(tmp_path / "m.npz")
    again = load(tmp_path / "m.npz")
    tokenized, phrases = [["not", "good", "goods"], ["bad"]], np.zeros((2, 6), np.float32)
    for mine, theirs in zip(
        model.logits(tokenized, phrases), again.logits(tokenized, phrases), strict=True
    ):
        assert np.allclose(mine, theirs, atol=0.05)


@pytest.mark.parametrize(
    ("good", "bad"), [("superb", "dreadful"), ("courteous staff", "discourteous staff")]
)
def test_the_shipped_model_knows_words_that_praise(good: str, bad: str) -> None:
    polar, _ = load().logits([tokens_of(good), tokens_of(bad)], np.zeros((2, 6), np.float32))
    assert polar[0] > polar[1]

"""Cut the model of Latin languages out of py3langid's: `python -m analysis.train_language FILE`.

py3langid (BSD-3-Clause) tells 142 languages apart by runs of one to six bytes. Unpacking its file
costs half a second of CPU; here are the runs that Latin letters can form, and the languages that
`analysis.language` may name, in 8 bits a weight: read in 0.02 s, the same answers.
"""

from __future__ import annotations

import argparse
from collections import deque
from pathlib import Path

import numpy as np
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from analysis.language import COMMON, RARER
from analysis.language_model import LanguageModel

__all__ = ["cut"]

# Bytes of ASCII, Latin letters with marks, Vietnamese and the marks that follow them.
_LATIN = frozenset([*range(0x80), *range(0x80, 0xC0), *range(0xC3, 0xCE), 0xE1])


def cut() -> LanguageModel:
    """The part of py3langid's model that Latin texts of our languages use."""
    whole = LanguageIdentifier.from_model_file(MODEL_FILE)
    columns = [at for at, name in enumerate(whole.nb_classes) if name in {*COMMON, *RARER}]
    runs = {state: run for state, run in _runs(whole).items() if set(run) <= _LATIN and run}
    states = sorted(runs, key=lambda state: (len(runs[state]), runs[state]))
    features = np.array([whole.tk_output[state] for state in states])
    weights = whole.nb_ptc[:, columns][features].astype(np.float32)
    weights -= weights.mean(axis=1, keepdims=True)  # only differences decide
    weights[features < 0] = 0  # the beginning of a longer run, itself no evidence
    return LanguageModel.of(
        [runs[state] for state in states],
        weights,
        np.asarray(whole.nb_pc)[columns],
        [whole.nb_classes[at] for at in columns],
    )


def _runs(whole: LanguageIdentifier) -> dict[int, bytes]:
    """The bytes that lead to each state of its automaton, the shortest way."""
    runs, waiting = {0: b""}, deque([0])
    while waiting:
        state = waiting.popleft()
        row = whole.tk_row[state] << 8
        for byte in range(256):
            following = whole.tk_nextmove[row + byte]
            if following not in runs:
                runs[following] = runs[state] + bytes([byte])
                waiting.append(following)
    return runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    cut().save(parser.parse_args().file)


if __name__ == "__main__":
    main()

"""A hundred simulated runs with known changes and noise: what is told, and what should have been.

Half of the questions of a site come and go for good, half never do; pages fail, and questions hide
for a run. No seed that is given here was used when the rules were made: 7 was.

    python -m benchmarks.history [SEED ...]
"""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path

from tests.test_alerts import LEAF, QUESTIONS, Market

RUNS = 100


def try_seed(seed: int) -> tuple[int, int, int]:
    """(changes there were, changes told, false alerts)."""
    dice = random.Random(seed)
    questions = dice.sample(QUESTIONS, len(QUESTIONS))
    changing, steady = questions[: len(questions) // 2], questions[len(questions) // 2 :]
    absent: set[str] = set()
    real: list[str] = []
    told: list[str] = []
    hidden: list[set[str]] = [set(), set()]
    with tempfile.TemporaryDirectory(prefix="cxscout-history-") as folder:
        market = Market(Path(folder))
        market.run()
        for day in range(RUNS):
            if day % 10 == 4:
                question = dice.choice(changing)
                absent ^= {question}
                what = "removed" if question in absent else "added"
                real.append(f"{LEAF} {what} a question: “{question}”")
            noise = {q for q in steady if dice.random() < 0.02} - hidden[0] - hidden[1]
            hidden = [noise, hidden[0]]
            failed = ["/faq"] if dice.random() < 0.05 else []
            told += market.run(lacks=absent | noise, failed=failed)
        market.db.close()
    found = [text for text in told if text in real]
    false = [text for text in told if any(question in text for question in steady)]
    return len(real), len(found), len(false)


def main() -> None:
    seeds = [int(word) for word in sys.argv[1:]] or [2001]
    sums = [0, 0, 0]
    for seed in seeds:
        result = try_seed(seed)
        print(
            f"seed {seed}: {result[1]} of {result[0]} changes told, {result[2]} false", flush=True
        )
        sums = [a + b for a, b in zip(sums, result, strict=True)]
    print(f"{len(seeds)} histories of {RUNS} runs: {sums[1]} of {sums[0]} changes told "
          f"({sums[1] / sums[0]:.1%}), {sums[2]} false alerts")  # fmt: skip
    sys.exit(0 if sums[1] >= 0.95 * sums[0] and not sums[2] else 1)


if __name__ == "__main__":
    main()

"""What the analysis costs: reviews a CPU second, its growth, its memory, and one small change.

    python -m benchmarks.analysis [--sizes 1000,10000,100000] [--brands 20] [--json]

Made-up reviews of different wording are put into a new database and analyzed, each size in a
process of its own. Then 50 reviews are added and the study is analyzed again. The peers TextBlob
and VADER score the sentiment of the same texts, in turn with `classify`; they find no themes, no
language and store nothing. `command` is `cxscout classify` of 3,000 texts from start to end. The
exponent is the slope of log CPU over log reviews: 1 is linear.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from analysis.classify import classify_rows
from analysis.run_analysis import analyze
from crawler.db import Database, brand_id, open_db, row_id, upsert
from crawler.items import Page

_NOW = datetime(2026, 6, 1, tzinfo=UTC)
_ADDED = 50
_PEER_TEXTS = 2_000
_COMMAND_TEXTS = 3_000
_ROUNDS = 3

_THINGS = """
    kettle lamp desk jacket phone router grinder tent bike stroller mattress watch toaster rug
    sofa kayak drill printer camera scarf blender helmet backpack guitar mirror keyboard fridge
""".split()
_FINE = """
    lovely sturdy brilliant quiet comfortable well-made gorgeous handy spotless light elegant
    roomy warm precise clever durable soft sharp fresh smooth
""".split()
_POOR = """
    flimsy noisy scratched useless ugly leaking heavy blurry smelly wobbly cheap rusty slow
    broken dull cramped faulty sticky loud brittle
""".split()
_WHO = "They|The shop|Their support|The team|Customer service|The seller".split("|")
_WHEN = "last week|in March|on a Monday|before the holidays|for the second time|today".split("|")
_GOOD = (
    "{who} answered within the hour {when}.",
    "The {thing} arrived two days early and was packed well.",
    "Sending the {thing} back was easy and the refund came {when}.",
    "Great value: the {thing} does what it should.",
    "Ordering a {thing} took me five minutes, checkout is clear.",
    "{who} explained how to set up the {thing}, friendly and patient.",
    "I would buy this {thing} again.",
    "What a {fine} {thing}, and so {fine2}!",
    "My sister wanted the same {fine} {thing} {when}.",
)
_BAD = (
    "{who} never replied to my three messages about the {thing}.",
    "The {thing} came {number} days late and nobody told me.",
    "The {thing} broke after {number} days.",
    "{who} charged my card twice for one {thing}.",
    "I waited {number} weeks for my money back.",
    "The app crashes whenever I open the page of the {thing}.",
    "Far too expensive for such a {thing}.",
    "Nobody could cancel the subscription that came with the {thing}.",
    "A {poor} {thing} that became {poor2} {when}.",
    "{who} sent a {poor} {thing} instead of the {fine} one in the picture.",
)
_PLAIN = (
    "Bought a {thing} {when}.",
    "It is my {number}th order here.",
    "The {thing} was a present.",
)


def texts(count: int, seed: int = 1) -> Iterator[tuple[str, int]]:
    """Reviews of one to five sentences with the stars that they would give."""
    chance = random.Random(seed)
    for number in range(count):
        stars = chance.choice((1, 2, 3, 4, 5, 5))
        pool = _GOOD if stars > 3 else _BAD if stars < 3 else (*_GOOD, *_BAD)
        chosen = [chance.choice(pool) for _ in range(chance.randint(1, 4))]
        chosen.insert(chance.randint(0, len(chosen)), chance.choice(_PLAIN))
        said = " ".join(text.format_map(_words(chance)) for text in chosen)
        yield f"{said} Order {number}.", stars


def _words(chance: random.Random) -> dict[str, object]:
    fine, poor = chance.sample(_FINE, 2), chance.sample(_POOR, 2)
    return {
        "who": chance.choice(_WHO),
        "when": chance.choice(_WHEN),
        "thing": chance.choice(_THINGS),
        "number": chance.randint(2, 40),
        "fine": fine[0],
        "fine2": fine[1],
        "poor": poor[0],
        "poor2": poor[1],
    }


def make_study(path: Path, reviews: int, brands: int) -> Database:
    """A crawled study of one page a brand, not yet analyzed."""
    db = open_db(path)
    stamp = _NOW.isoformat()
    domains = [f"brand{number}.example" for number in range(brands)]
    with db.atomic():
        db.execute(
            "insert into studies (id, name, brand, provider, settings, created_at) "
            "values (1, 's', ?, 'file', '{}', ?)",
            [domains[0], stamp],
        )
        db.execute(
            "insert into runs (id, study_id, state, stage, started_at, method_version, settings) "
            "values (1, 1, 'running', 'analyze', ?, '1', '{}')",
            [stamp],
        )
        for domain in domains:
            key = brand_id(1, domain)
            db.execute(
                "insert into brands (id, run_id, study_id, domain, host, role, class, reason) "
                "values (?, 1, 1, ?, ?, ?, 'competitor', '')",
                [key, domain, domain, "own" if domain == domains[0] else "competitor"],
            )
            page = asdict(Page(f"https://{domain}/", "ok", stamp, language="en"))
            owner = {"id": f"p-{key}", "run_id": 1, "brand_id": key, "errors": "[]"}
            upsert(db, "pages", [page | owner])
        add_reviews(db, domains, 0, reviews)
    return db


def add_reviews(db: Database, domains: list[str], first: int, count: int) -> None:
    rows = []
    for number, (text, stars) in enumerate(texts(count, seed=first + 1), first):
        key = brand_id(1, domains[number % len(domains)])
        day = (_NOW - timedelta(days=number % 700)).date().isoformat()
        rows.append(
            {"id": row_id(key, number), "run_id": 1, "brand_id": key, "page_id": f"p-{key}",
             "text": text, "rating": stars, "rating_min": 1, "rating_max": 5, "date": day,
             "origin": "json-ld", "author_hash": f"a{number}"}
        )  # fmt: skip
        if len(rows) == 5_000:
            upsert(db, "reviews", rows)
            rows = []
    upsert(db, "reviews", rows)


def measure_size(reviews: int, brands: int) -> dict[str, float]:
    """CPU seconds of the first analysis and of one after a small change; peak memory in MB.

    Memory counts from before the analysis, so what the interpreter takes is not in it.
    """
    with tempfile.TemporaryDirectory() as folder:
        db = make_study(Path(folder) / "cxscout.db", reviews, brands)
        list(classify_rows([{"id": 0, "text": "Load the models."}]))
        before = _peak_mb()
        start = time.process_time()
        analyze(db, 1, now=_NOW)
        first = time.process_time() - start
        peak = _peak_mb()
        with db.atomic():
            add_reviews(db, [f"brand{n}.example" for n in range(brands)], reviews, _ADDED)
        start = time.process_time()
        analyze(db, 1, now=_NOW)
        again = time.process_time() - start
    return {
        "reviews": reviews,
        "cpu_s": first,
        "again_cpu_s": again,
        "peak_mb": peak,
        "grown_mb": peak - before,
    }


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure_peers() -> dict[str, float]:
    """Texts a CPU second of `classify`, TextBlob and VADER: the median of alternating rounds."""
    from textblob import TextBlob  # noqa: PLC0415 - peers are loaded where they are measured
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # noqa: PLC0415

    analyzer = SentimentIntensityAnalyzer()
    said = [text for text, _ in texts(_PEER_TEXTS * (_ROUNDS + 1), seed=99)]
    lanes: dict[str, Callable[[list[str]], object]] = {
        "classify": lambda part: list(classify_rows({"id": 0, "text": t} for t in part)),
        "textblob": lambda part: [TextBlob(t).sentiment for t in part],
        "vader": lambda part: [analyzer.polarity_scores(t) for t in part],
    }
    speeds: dict[str, list[float]] = {name: [] for name in lanes}
    for turn in range(_ROUNDS + 1):
        part = said[turn * _PEER_TEXTS : (turn + 1) * _PEER_TEXTS]
        for name, work in lanes.items():
            start = time.process_time()
            work(part)
            if turn:  # the first round loads models and word lists
                speeds[name].append(len(part) / (time.process_time() - start))
    found = {f"{name}_per_cpu_s": statistics.median(values) for name, values in speeds.items()}
    for peer in ("textblob", "vader"):
        pairs = zip(speeds["classify"], speeds[peer], strict=True)
        found[f"classify_over_{peer}"] = statistics.median(ours / theirs for ours, theirs in pairs)
    return found


def measure_command() -> float:
    """Texts a CPU second of `cxscout classify`, with its start and its models."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "texts.jsonl"
        rows = ({"id": n, "text": text} for n, (text, _) in enumerate(texts(_COMMAND_TEXTS, 98)))
        file.write_text("\n".join(json.dumps(row) for row in rows))
        spent = []
        for _ in range(_ROUNDS):
            before = _children_cpu_s()
            command = [sys.executable, "-m", "crawler", "classify", str(file)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            spent.append(_children_cpu_s() - before)
    return _COMMAND_TEXTS / statistics.median(spent)


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def exponent(sizes: list[dict[str, float]]) -> float:
    """Slope of log CPU over log reviews by least squares; NaN for one size."""
    points = [(math.log(size["reviews"]), math.log(size["cpu_s"])) for size in sizes]
    if len(points) < 2:
        return math.nan
    x, y = (statistics.fmean(axis) for axis in zip(*points, strict=True))
    return sum((a - x) * (b - y) for a, b in points) / sum((a - x) ** 2 for a, _ in points)


def _in_child(size: int, brands: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.analysis", "--one", str(size)]
    done = subprocess.run(
        [*command, "--brands", str(brands)], check=True, capture_output=True, text=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--brands", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measure_size(args.one, args.brands)))
        return
    sizes = [_in_child(int(size), args.brands) for size in args.sizes.split(",")]
    peers = measure_peers()
    peers["command_per_cpu_s"] = measure_command()
    peers["command_over_textblob"] = peers["command_per_cpu_s"] / peers["textblob_per_cpu_s"]
    result: dict[str, float] = {
        "reviews_per_cpu_s": round(sizes[-1]["reviews"] / sizes[-1]["cpu_s"]),
        "reviews_per_cpu_s_over_textblob": round(peers["classify_over_textblob"], 3),
        "growth_exponent": round(exponent(sizes), 3),
        "peak_mb": round(max(size["peak_mb"] for size in sizes)),
    }
    result |= {name: round(value, 3) for name, value in peers.items()}
    rounded = [{name: round(value, 2) for name, value in size.items()} for size in sizes]
    if args.json:
        print(json.dumps({**result, "sizes": rounded}))
        return
    for size in rounded:
        print("  ".join(f"{name} {value:,}" for name, value in size.items()))
    for name, value in result.items():
        print(f"{name:34} {value:,}")


if __name__ == "__main__":
    main()

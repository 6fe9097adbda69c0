"""What reports of large studies cost: seconds, megabytes, peak memory, pages of the PDF.

    python -m benchmarks.reports [--json] [--keep FOLDER]

Two made-up markets: 10 brands with 20,000 reviews, and 100 brands with 200,000. Each format is
written by a process of its own, from the database to the file, so that its peak memory is its own.
Seconds are CPU seconds of that process (children too, so the browser of the PDF counts); `build`
is the part that reads the database. Peaks of `pdf` are without the browser.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import re
import resource
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crawler.app.exports import write_report
from crawler.config import Settings, Study, study_to_dict
from crawler.db import Database, open_db
from reports.report import build_report
from tests.report_data import RUN, build_market

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
MARKETS = ((10, 20_000), (100, 200_000))
FORMATS = ("html", "xlsx", "csv", "pptx", "md", "json", "pdf")
_MODEL = "pedalhaus.example"  # whose rows every further brand copies
_SUFFIXED = ("id", "page_id", "review_id", "row", "record")
_SUBJECTS = "delivery parcel saddle frame invoice chat return battery helmet mechanic".split()
_VERBS = "took arrived needed failed surprised cost fitted broke waited answered".split()
_ENDS = ("for two weeks", "on the first day", "without a word", "as promised", "after a reminder")


@dataclass(frozen=True)
class Cost:
    """One format of one market."""

    brands: int
    reviews: int
    format: str
    build_s: float
    write_s: float
    file_mb: float
    peak_mb: float
    pages: int | None


def make_market(path: Path, brands: int, reviews: int) -> None:
    """A database with the run RUN: the market of the tests, grown by copies of one brand."""
    db = build_market(path)
    with db.atomic():
        have = db.execute("select count(*) from brands where role != 'ignored'").fetchone()[0]
        for number in range(have, brands):
            _copy_brand(db, number)
        _add_reviews(db, reviews)
        study = study_to_dict(Study(name="City bikes", brand="fernwheel.example"))
        db.execute("update runs set settings = ?", [json.dumps(study)])
    db.execute("analyze")
    db.close()


def _copy_brand(db: Database, number: int) -> None:
    model = db.execute("select id from brands where domain = ?", [_MODEL]).fetchone()[0]
    for table in db.table_names():
        columns = [column.name for column in db.table(table).columns]
        if table == "brands":
            where = f"id = '{model}'"
        elif table == "evidence":
            where = f"page_id in (select id from pages where brand_id = '{model}')"
        elif "brand_id" in columns and table not in ("reviews", "review_scores"):
            where = f"brand_id = '{model}'"
        else:
            continue
        picked = ", ".join(_copied(table, column, number) for column in columns)
        names = ", ".join(f'"{column}"' for column in columns)
        db.execute(f'insert into "{table}" ({names}) select {picked} from "{table}" where {where}')


def _copied(table: str, column: str, number: int) -> str:
    if column == "brand_id" or column in _SUFFIXED:
        return f"\"{column}\" || '-{number}'"
    if column in ("domain", "url", "final_url", "host", "title"):
        return f"replace(\"{column}\", '{_MODEL}', 'brand-{number}.example')"
    if column == "score" and table == "scores":
        return f"min(100, max(0, score - {number * 7 % 45}))"
    return f'"{column}"'


def _add_reviews(db: Database, wanted: int) -> None:
    read = """select b.id, p.id from brands b join pages p on p.brand_id = b.id
              where p.url like '%/reviews'"""
    places = db.execute(read).fetchall()
    have = db.execute("select count(*) from reviews").fetchone()[0]
    places_of = [(i, *places[i % len(places)]) for i in range(wanted - have)]
    db.table("reviews").insert_all(
        {
            "id": f"r{i}",
            "run_id": RUN,
            "brand_id": brand,
            "page_id": page,
            "text": _text(i),
            "rating": 1 + i * 7 % 5,
            "rating_min": 1,
            "rating_max": 5,
            "date": _date(i),
            "origin": "json-ld",
            "author_hash": f"person {i}",
        }
        for i, brand, page in places_of
    )
    db.table("review_scores").insert_all(
        {
            "review_id": f"r{i}",
            "run_id": RUN,
            "brand_id": brand,
            "language": "en",
            "sentiment": _FEELINGS[i * 7 % 3],
            "score": 0.5,
            "basis": "model",
            "themes": _THEMES[i % len(_THEMES)],
            "digest": f"r{i}",
            "method_version": "1",
        }
        for i, brand, _ in places_of
    )


_FEELINGS = ("positive", "negative", "neutral")
_THEMES = tuple(
    json.dumps({one: "positive", other: "negative"})
    for one in ("delivery", "product_quality", "price_value")
    for other in ("support_quality", "returns_refunds", "communication")
)


def _text(i: int) -> str:
    return " ".join(_sentences(i))


def _sentences(i: int) -> Iterator[str]:
    for step in range(1, 4 + i % 5):
        at = i * step
        subject, other = _SUBJECTS[at % 10], _SUBJECTS[(at * 3 + 1) % 10]
        yield f"The {subject} and the {other} {_VERBS[at * 7 % 10]} {_ENDS[at % 5]}, order {at}."


def _date(i: int) -> str:
    return f"{2023 + i % 3}-{1 + i % 12:02d}-{1 + i % 28:02d}"


def measure(database: Path, report_format: str, brands: int, reviews: int) -> Cost:
    """What one format costs, in this process."""
    db = open_db(database)
    start = _cpu()
    build_report(db, RUN, now=NOW)
    built = _cpu()
    out = database.with_name(f"report-{brands}.{report_format}")
    write_report(Settings(home=database.parent), db, RUN, report_format, out, now=NOW)
    done = _cpu()
    db.close()
    content = out.read_bytes() if report_format == "pdf" else b""
    return Cost(
        brands,
        reviews,
        report_format,
        round(built - start, 2),
        round(max(0.0, done - built - (built - start)), 2),
        round(out.stat().st_size / 1e6, 2),
        round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        len(re.findall(rb"/Type\s*/Page\b", content)) or None,
    )


def _cpu() -> float:
    own, children = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def run(folder: Path) -> Iterator[Cost]:
    """Every market in every format."""
    context = multiprocessing.get_context("spawn")
    for brands, reviews in MARKETS:
        database = folder / f"market-{brands}" / "cxscout.db"
        if not database.exists():
            database.parent.mkdir(parents=True, exist_ok=True)
            make_market(database, brands, reviews)
        for report_format in FORMATS:
            with context.Pool(1) as pool:
                yield pool.apply(measure, (database, report_format, brands, reviews))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="Print one JSON array.")
    parser.add_argument("--keep", type=Path, help="Folder for markets and reports.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        costs = []
        for cost in run(arguments.keep or Path(scratch)):
            costs.append(vars(cost))
            if not arguments.json:
                print("  ".join(f"{key} {value}" for key, value in vars(cost).items() if value))
    if arguments.json:
        print(json.dumps(costs, indent=2))


if __name__ == "__main__":
    main()

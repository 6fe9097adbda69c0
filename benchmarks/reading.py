"""How well FAQs, reviews and chats are read on labelled pages, by markup and by language.

    python -m benchmarks.reading [FOLDER…] [--only faq,reviews,chat] [--worst 10] [--json]

A FOLDER holds `faq`, `reviews` and `chat`, each with its pages and a `labels.jsonl`, as
`tests/eval` does; without one it is that, and `../shared/pages` where it lies beside the
checkout. Macro F1 is the mean over the pages that have something to find; clean is the share of
the others on which nothing was found; (n) counts pages. Then the worst pages, and why.
"""

from __future__ import annotations

import argparse
import html
import json
import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from crawler.app.reading import extract_lines
from spiders.extract.vendors import vendors

FOLDERS = (Path(__file__).parent.parent / "tests" / "eval", Path("../shared/pages"))
_REVIEW_START = 30  # letters that tell a review: labels hold the first 60 characters
_SHOWN = 60  # letters of a missed text
_LISTED = 3  # texts of a page
# Family of a page's markup: the first whose words are in the label's description.
_MARKUP = {
    "faq": (
        ("JSON-LD", r"json-?ld|yoast|rank ?math"),
        ("microdata, RDFa", r"microdata|rdfa"),
        ("labels (Q: / A:)", r"\b[QFP][.:)] ?/?|labels?\b"),
        ("accordion", r"accordion|details|toggle|bootstrap|spoiler|tabs|spectra|expanded|checkbox"),
        ("dl", r"\bdl\b|\bdd\b"),
        ("table", r"table"),
        ("headings", r"heading|section|header"),
        ("bold lines", r"bold|strong|font"),
        ("list of links", r"index|collection|help.cent|docs|list"),
    ),
    "reviews": (
        ("JSON-LD", r"json-?ld"),
        ("microdata", r"microdata"),
        ("RDFa, microformats", r"rdfa|data-vocabulary|hreview"),
        ("widget of a vendor", r"widget|bazaarvoice|woocommerce|shopify"),
        ("state of the page", r"state of the page|\(json\)"),
        ("page shape alone", r"."),
    ),
    "chat": (
        ("tag manager", r"tag manager|gtm"),
        ("inline snippet", r"inline|snippet|settings|function|config"),
        ("script address", r"script|loader|src"),
        ("own bundle", r"bundle|first-party|self-hosted|js file"),
        ("link or frame", r"link|iframe|frame"),
        ("rendered page", r"rendered"),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class PageScore:
    """What of a page's labels was found, missed, and found beside them."""

    file: str
    markup: str
    language: str
    right: int
    missed: tuple[str, ...]
    beside: tuple[str, ...]

    @property
    def has_any(self) -> bool:
        return bool(self.right or self.missed)

    @property
    def f1(self) -> float:
        """Of a page with nothing to find: 1 when nothing was found."""
        wrong = len(self.missed) + len(self.beside)
        return 2 * self.right / (2 * self.right + wrong) if wrong else 1.0


# -- one page


Texts = tuple[list[str], list[str], list[str]]  # what must be found, what may be, what was


def _letters(text: str) -> str:
    return "".join(c for c in html.unescape(text).casefold() if c.isalnum())


def _question(text: str) -> str:
    return _letters(re.sub(r"^\s*([qfp]\s*[.:)]|[\d.\s]+)", "", text, flags=re.I))


def _review(text: str) -> str:
    return _letters(text)[:_REVIEW_START]


@cache
def _vendor_names() -> dict[str, str]:
    """Letters of a vendor's slug or name -> the letters of its name."""
    known = {}
    for slug, row in vendors().items():
        known[_letters(slug)] = known[_letters(row.name)] = _letters(row.name)
    return known


def _vendor(name: str) -> str:
    """Letters of the vendor that our rows know by this name, or by the longest beginning of it."""
    known, bare = _vendor_names(), _letters(name)
    begins = max(filter(bare.startswith, known), key=len, default="")
    return known.get(begins, bare)


def _faq(label: dict[str, Any], line: dict[str, Any]) -> Texts:
    """Each question once: a page may show its FAQ twice."""
    expected = label["expected"]
    found = dict.fromkeys(entry["question"] for entry in line["faq"])
    wanted = dict.fromkeys(expected.get("questions", []))
    return list(wanted), expected.get("optional", []), list(found)


def _reviews(label: dict[str, Any], line: dict[str, Any]) -> Texts:
    wanted = [review["text60"] for review in label["expected"].get("reviews", [])]
    return wanted, [], [review["text"] for review in line["reviews"]]


def _chats(label: dict[str, Any], line: dict[str, Any]) -> Texts:
    found = [chat["vendor"] for chat in line["chat"] if chat["evidence"] != "mentioned"]
    wanted = label["chat"] if "chat" in label else label["chat_vendors"]
    return [_one_name(name, found) for name in wanted], [], found


def _one_name(name: str, found: Sequence[str]) -> str:
    """Of a label like "Zopim (Zendesk Chat)" the name that was read, else the first."""
    names = [part.strip() for part in re.split(r"[()]", name) if part.strip()]
    keys = set(map(_vendor, found))
    return next((part for part in names if _vendor(part) in keys), names[0])


# Kind of reading -> what a label wants, what it allows and what was read; and when two are one.
_KINDS: dict[str, tuple[Callable[..., Texts], Callable[[str], str]]] = {
    "faq": (_faq, _question),
    "reviews": (_reviews, _review),
    "chat": (_chats, _vendor),
}


def judge(kind: str, label: dict[str, Any], line: dict[str, Any]) -> PageScore:
    """Compare what `cxscout extract` says of a page with the page's label."""
    texts, key = _KINDS[kind]
    wanted, allowed, found = texts(label, line)
    want, have = Counter(map(key, wanted)), Counter(map(key, found))
    beside = have - want
    for other in map(key, allowed):
        del beside[other]
    return PageScore(
        file=label["file"],
        markup=_markup(kind, label),
        language=label.get("language") or line["language"] or "unknown",
        right=(want & have).total(),
        missed=_of(want - have, wanted, key),
        beside=_of(beside, found, key),
    )


def _of(keys: Counter[str], texts: Iterable[str], key: Callable[[str], str]) -> tuple[str, ...]:
    """The texts behind the keys, as often as they count."""
    left, kept = Counter(keys), []
    for text in texts:
        if left[key(text)] > 0:
            left[key(text)] -= 1
            kept.append(text)
    return tuple(kept)


def _markup(kind: str, label: dict[str, Any]) -> str:
    told = label.get("how_it_loads") or label.get("kind") or label.get("note") or ""
    families = (name for name, words in _MARKUP[kind] if re.search(words, told, re.I))
    return next(families, "other")


def _is_scored(label: dict[str, Any]) -> bool:
    """Not those of which the labeller was unsure, or that only a browser can answer."""
    doubts = ("ambiguous", "static_undetectable", "unsure_vendor")
    return label["file"].endswith(".html") and not any(label.get(doubt) for doubt in doubts)


# -- a set of pages


def score_set(folder: Path, kind: str) -> list[PageScore]:
    """Every labelled page of a folder, in the order of its labels."""
    lines = (folder / "labels.jsonl").read_text("utf-8").splitlines()
    labels = [label for label in map(json.loads, lines) if _is_scored(label)]
    read = extract_lines([folder / label["file"] for label in labels], only=kind)
    return [judge(kind, label, line) for label, line in zip(labels, read, strict=True)]


def sums(pages: Sequence[PageScore]) -> dict[str, float | int | None]:
    """The figures of some pages; None where no page asks for one."""
    asked = [page for page in pages if page.has_any]
    others = [page for page in pages if not page.has_any]
    right = sum(page.right for page in pages)
    found = right + sum(len(page.beside) for page in pages)
    wanted = right + sum(len(page.missed) for page in pages)
    return {
        "pages": len(pages),
        "precision": _share(right, found),
        "recall": _share(right, wanted),
        "micro_f1": _share(2 * right, found + wanted),
        "macro_f1": _share(sum(page.f1 for page in asked), len(asked)),
        "clean": _share(sum(not page.beside for page in others), len(others)),
    }


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 3) if whole else None


def _by(pages: Sequence[PageScore], name: str) -> dict[str, list[PageScore]]:
    """Pages by markup or language, the most frequent first; those with nothing to find apart."""
    groups = defaultdict(list)
    for page in pages:
        groups[getattr(page, name) if page.has_any else "nothing to find"].append(page)
    return dict(sorted(groups.items(), key=lambda group: (-len(group[1]), group[0])))


def worst(pages: Sequence[PageScore], number: int) -> list[PageScore]:
    """Pages with a mistake, the lowest F1 first, the most mistakes first among equals."""
    wrong = [page for page in pages if page.missed or page.beside]
    return sorted(wrong, key=lambda page: (page.f1, -len(page.missed) - len(page.beside)))[:number]


def why(page: PageScore) -> str:
    """`missed 2: a | b; beside 1: c`, the first few texts of each, shortened."""
    named = (("missed", page.missed), ("beside", page.beside))
    return "; ".join(f"{word} {len(texts)}: {_short(texts)}" for word, texts in named if texts)


def _short(texts: Sequence[str]) -> str:
    return " | ".join(" ".join(text.split())[:_SHOWN] for text in texts[:_LISTED])


def report(pages: Sequence[PageScore], number: int) -> dict[str, Any]:
    """All figures of a set, for printing and for JSON."""
    return {
        "all": sums(pages),
        **{
            f"by_{name}": {group: sums(some) for group, some in _by(pages, name).items()}
            for name in ("markup", "language")
        },
        "worst": [
            {
                "file": page.file,
                "f1": round(page.f1, 2),
                "markup": page.markup,
                "language": page.language,
                "why": why(page),
            }
            for page in worst(pages, number)
        ],
    }


def _print(title: str, told: dict[str, Any]) -> None:
    names = list(told["all"])
    print(f"\n{title:28}" + "".join(f"{name:>11}" for name in names))
    _print_row("all", told["all"])
    for part in ("by_markup", "by_language"):
        print(part.replace("_", " "))
        for group, figures in told[part].items():
            _print_row(f"  {group}", figures)
    for page in told["worst"]:
        print(
            f"{page['f1']:.2f} {page['file']} ({page['markup']}, {page['language']}) {page['why']}"
        )


def _print_row(name: str, figures: dict[str, float | int | None]) -> None:
    cells = ("-" if value is None else str(value) for value in figures.values())
    print(f"{name:28}" + "".join(f"{cell:>11}" for cell in cells))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", metavar="FOLDER", nargs="*", type=Path)
    parser.add_argument("--only", default=",".join(_KINDS))
    parser.add_argument("--worst", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    folders = args.folders or [folder for folder in FOLDERS if folder.is_dir()]
    result = {}
    for folder, kind in product(folders, args.only.split(",")):
        if (folder / kind / "labels.jsonl").exists():
            title = f"{folder.parent.name}/{folder.name}/{kind}"
            result[title] = report(score_set(folder / kind, kind), args.worst)
    if args.json:
        print(json.dumps(result, ensure_ascii=False))
        return
    for title, told in result.items():
        _print(title, told)


if __name__ == "__main__":
    main()

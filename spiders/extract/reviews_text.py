"""What is review text and what is the platform's own."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from crawler.errors import ConfigError

__all__ = [
    "clean_body",
    "clean_name",
    "is_age",
    "is_junk",
    "is_platform_text",
    "is_section_title",
    "is_testimonial_title",
    "is_vague_title",
    "text_key",
    "title_stems_in",
    "weight",
    "words",
]

_WORD = re.compile(r"\W+")
_TEMPLATE = re.compile(
    r"\{\{|\}\}|\$\{|<%|%>|\[\[|\]\]|\{%|#\{|__\w+__|^%\w+%$"
    r"|ipsum dolor|dolor sit amet|lorem ipsum",
    re.I,
)
# A text without any of these holds no placeholder: literals cost a tenth of the pattern.
_TEMPLATE_MARKS = ("{", "}", "%", "[[", "]]", "__", "ipsum", "IPSUM", "Ipsum", "sit amet")
_BEFORE_MORE = re.compile(r"[\n…\[(»›→]|\.\.\.|[.!?]\s")
_TAIL_GUARD = re.compile(r"(?:\n|\.{3}|…|[.!?]\s)\s*\Z")
_QUOTES = "\"'“”„‟«»‹›‘’‚「」『』《》〝〞❝❞"
_BY = re.compile(
    r"^(?:[-–—―~*•|,:]\s*)+|^(?:(?:review(?:ed)? |posted |written )?by|von|par|por|door|da|di|av"
    r"|af|autor|author|автор|przez|od|name)\s*:?\s+(?=\S)|^(?:by|von|par|por|autor|author|name|автор)\s*:\s*",
    re.I,
)
_SAYS = re.compile(r"(?:^|\s)(?:says|said|wrote|schrieb|sagt|a écrit|dice|пишет)\Z", re.I)
_ASKED = re.compile(r"\b(?:do|did|would|will) (?:you|ya|u)\b", re.I)  # "What do you think?"
_BY_WORDS = {
    "by",
    "von",
    "par",
    "por",
    "da",
    "di",
    "av",
    "af",
    "door",
    "przez",
    "od",
    "от",
    "автор",
    "author",
}


@dataclass(frozen=True, slots=True)
class Words:
    """The rows of platforms.toml, compiled."""

    tail: re.Pattern[str]
    platform: re.Pattern[str]
    helpful: re.Pattern[str]
    titles: dict[str, tuple[str, ...]]
    testimonial_title: re.Pattern[str]
    title_stems: tuple[str, ...]
    ascii_stems: tuple[str, ...]
    ago: re.Pattern[str]
    hint: re.Pattern[str]
    chosen: re.Pattern[str]
    price: re.Pattern[str]
    counted: re.Pattern[str]
    counted_after: re.Pattern[str]
    class_stems: dict[str, list[str]]
    roles: dict[str, str]


@cache
def words() -> Words:
    """platforms.toml, read once and when it is first needed."""
    rows = tomllib.loads(Path(__file__).with_name("platforms.toml").read_text(encoding="utf-8"))

    def either(name: str, before: str = "", after: str = "") -> re.Pattern[str]:
        return re.compile(f"{before}(?:{'|'.join(rows.pop(name))}){after}", re.IGNORECASE)

    dots = r"(?:\.{3}|…|»|›|→)?"
    found = Words(
        tail=either("more", rf"\s*[\[(]?\s*{dots}\s*", rf"\s*[\])]?\s*{dots}\s*\Z"),
        platform=either("platform", "^", "$"),
        helpful=either("helpful"),
        titles=_by_stem(
            rows["title_stems"], rows.pop("review_titles") + rows["testimonial_titles"]
        ),
        testimonial_title=either("testimonial_titles"),
        ascii_stems=tuple(filter(str.isascii, rows["title_stems"])),
        title_stems=tuple(rows.pop("title_stems")),
        ago=either("ago", r"^(?:[^\W\d_]+[:,]? ){0,2}", r"(?: ?[·•|,(–-].{0,14})?$"),
        hint=either("hints"),
        chosen=either("chosen"),
        price=either("prices"),
        counted_after=re.compile(
            rf"\s*\+?\s*(?:[^\W\d_]+ ){{0,2}}?(?:{'|'.join(rows['counted'])})", re.IGNORECASE
        ),
        counted=either(
            "counted",
            r"(?<![\w.,])(\d{1,3}(?:[.,' \u00a0\u202f]\d{3})+|\d+)\s*\+?\s*(?:[\w-]+ ){0,2}?",
        ),
        class_stems=rows.pop("class_stems"),
        roles={word: role for role, text in rows.pop("roles").items() for word in text.split()},
    )
    if rows:
        raise ConfigError(f"platforms.toml has unknown rows: {', '.join(rows)}")
    return found


def _by_stem(stems: list[str], rows: list[str]) -> dict[str, tuple[str, ...]]:
    """The rows that a heading with a stem may match: trying all of them costs twenty times more."""
    return {stem: tuple(row for row in rows if stem in row.lower()) for stem in stems}


@cache
def _title(row: str) -> re.Pattern[str]:
    """A row, compiled when first needed: all of them cost 40 ms."""
    return re.compile(row, re.IGNORECASE)


def text_key(text: str) -> str:
    """`text` without all but its letters and digits, to see whether two texts are one."""
    return _WORD.sub("", text.casefold())


def weight(text: str) -> int:
    """Length in letters of an alphabet: a sign of a script without spaces says as much as three.

    >>> weight("warm"), weight("美味しい")
    (4, 12)
    """
    if text.isascii() or len(text) > 400:
        return len(text)
    return len(text) + 2 * sum(sign > "\u2e80" for sign in text)


def clean_body(text: str) -> str:
    """Review text without the quotes around it and the link that unfolds it.

    >>> clean_body("“Good coffee, fast… Read more”")
    'Good coffee, fast…'
    """
    text = _unquoted(text.strip())
    if text[-1:] in ".!?" and not text.endswith("..."):
        return text
    if not _BEFORE_MORE.search(text, max(0, len(text) - 40)):
        return text
    match = words().tail.search(text, max(0, len(text) - 40))
    if match and (
        match[0].lstrip()[:1] in "[(.…»›→"
        or _TAIL_GUARD.search(text[max(0, match.start() - 5) : match.start() + 1])
    ):
        cut = text[: match.start()].rstrip()
        text = cut + ("…" if "…" in match[0] or "..." in match[0] else "")
    return _unquoted(text)


def _unquoted(text: str) -> str:
    while len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES:
        text = text[1:-1].strip()
    if text[:1] in "“„«「『❝" and not any(c in text[1:] for c in "”“»」』❞"):
        text = text[1:].lstrip()
    if text[-1:] in "”»」』❞" and not any(c in text[:-1] for c in "“„«「『❝"):
        text = text[:-1].rstrip()
    return text


def clean_name(text: str) -> str | None:
    """A name without "by" and dashes before it; None where it cannot be one."""
    text = _BY.sub("", _BY.sub("", " ".join(text.split()))).strip(" ,;:|·•–—-")
    text = _SAYS.sub("", text)
    if len(text) > 80:  # a name and all that its bearer does
        text = text.partition(",")[0]
    return text if 1 < len(text) <= 80 and text.lower() not in _BY_WORDS else None


def is_junk(text: str) -> bool:
    """Nothing a person said: no letters, a template's placeholder, or the platform's own words."""
    if not any(map(str.isalpha, text)) or is_platform_text(text):
        return True
    return any(mark in text for mark in _TEMPLATE_MARKS) and bool(_TEMPLATE.search(text))


def is_platform_text(text: str) -> bool:
    return len(text) < 400 and _is_platform_text(text)


@lru_cache(maxsize=4096)  # the same words stand below each review
def _is_platform_text(text: str) -> bool:
    text = " ".join(text.split())
    if len(text) > 100:
        return False
    return bool(words().platform.match(text) or words().helpful.search(text)) or _is_count(text)


def _is_count(text: str) -> bool:
    """Does a line say how much its author wrote: "Local Guide · 36 reviews"?"""
    match = words().counted.search(text) if len(text) <= 45 else None
    return match is not None and len(text) - match.end() <= 6 and text.count(" ") <= 5


@lru_cache(maxsize=4096)
def is_age(text: str) -> bool:
    """Does a short line say how long ago something was?

    >>> is_age("Reviewed 3 weeks ago"), is_age("vor einem Monat"), is_age("Bought today, lovely")
    (True, True, False)
    """
    return 2 < len(text) <= 50 and bool(words().ago.match(" ".join(text.split())))


def title_stems_in(text: str) -> list[str]:
    """Stems of section titles in `text`; where there is none, `is_section_title` is False."""
    text, rows = text.lower(), words()
    stems = rows.ascii_stems if text.isascii() else rows.title_stems
    return [stem for stem in stems if stem in text]


@lru_cache(maxsize=4096)
def is_section_title(text: str) -> bool:
    """Does a heading say that reviews follow, as "Customer reviews" does?"""
    if len(text) > 90 or not (stems := title_stems_in(text)) or _ASKED.search(text):
        return False
    titles = words().titles
    return any(_title(row).search(text) for stem in stems for row in titles[stem])


def is_testimonial_title(text: str) -> bool:
    """Does a heading say that chosen voices follow, as "What our customers say" does?"""
    return len(text) <= 90 and bool(words().testimonial_title.search(text))


def is_vague_title(text: str) -> bool:
    """May a heading over chosen voices stand over something else, as "Loved by teams" does?"""
    return bool(_VAGUE.search(text))


_VAGUE = re.compile(r"love|trusted|happy|stories|word", re.IGNORECASE)

"""Which groups of lines are a FAQ: shape x share of questions x what surrounds them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from spiders.extract.faq_heads import SHAPES, Head
from spiders.extract.questions import names_faq

if TYPE_CHECKING:
    from spiders.extract.faq_lines import Line
    from spiders.extract.questions import Labels

__all__ = ["accept", "regions_of"]

NONE, PAGE, SECTION = 0, 1, 2

# (fewest questions, least share of questions) for a shape where nothing, the page's title or
# address, or the section's title or class says FAQ. None: never. Chosen on pages of our own and
# the visible real ones; see tests/eval/faq.
LIMITS: dict[str, tuple[tuple[int, float] | None, ...]] = {
    "details": ((2, 0.6), (1, 0.3), (1, 0.2)),
    "accordion": ((2, 0.6), (2, 0.3), (1, 0.2)),
    "label": ((3, 0.5), (2, 0.3), (1, 0.3)),
    "dl": ((2, 0.6), (2, 0.4), (1, 0.3)),
    "heading": ((4, 0.7), (2, 0.3), (1, 0.25)),
    "table": ((3, 0.7), (2, 0.3), (1, 0.3)),
    "bold": ((3, 0.7), (2, 0.3), (1, 0.25)),
    "inline": ((5, 0.6), (3, 0.4), (2, 0.3)),
    "list": (None, (3, 0.0), (2, 0.0)),
    "text": (None, (2, 0.0), (1, 0.0)),
    "links": (None, (3, 0.4), (3, 0.5)),
    "contents": (None, (3, 0.5), (3, 0.5)),
}
# Shapes whose members are questions even without a mark, once the group is accepted.
STRUCTURAL = frozenset(("details", "accordion", "label", "dl", "table", "heading", "bold"))
_SMALL_TALK = re.compile(
    r"\b(?:helpful|still have|more questions|other questions|have (?:a |any |more )?questions"
    r"|need (?:more )?help|can't find|cannot find|didn't find|did you (?:find|make|know|like)"
    r"|got (?:a |any )?questions?|any questions|forgot|looking for|ready to|not a member|new here"
    r"|already (?:a|have|registered)|want to (?:learn|know) more|noch fragen|war .* hilfreich"
    r"|article utile|cet article|otras preguntas|was this|are you sure)\b",
    re.IGNORECASE,
)
_SPEAKER = re.compile(r"^[\[(]?[A-Z][\w.’'\-]*(?: [A-Z&][\w.’'\-]*| and){0,4}[\])]?\s?:\s+\S")


@dataclass(slots=True)
class Region:
    """Lines `start` to `end` that belong to one FAQ title or box; `context` is one of the above."""

    start: int
    end: int
    context: int
    groups: dict[tuple[str | int, ...], list[Head]] = field(default_factory=dict)


def _is_title(line: Line) -> bool:
    return (
        len(line.text) <= 90
        and (line.level > 0 or line.is_bold or (len(line.text) < 40 and line.text[-1] != "."))
        and not (line.is_linked and not line.level)
        and not line.header
        and names_faq(line.text)
    )


def _section_end(lines: list[Line], title: Line, heads: dict[int, Head]) -> int:
    """Where the part under a FAQ title ends: at the next title of its rank that asks nothing."""
    level = title.level or 7
    asked = 0
    for line in lines[title.index + 1 :]:
        if line.level and line.level <= level and not line.header:
            head = heads.get(line.index)
            if head is not None and head.strength:
                asked += 1
            elif not names_faq(line.text) and not (level == 7 and asked == 0 and line.level > 2):
                return line.index
    return len(lines)


def regions_of(lines: list[Line], heads: list[Head], page_says_faq: bool) -> list[Region]:
    """Disjoint regions in order: FAQ sections and boxes, and what lies between them."""
    by_line = {head.at: head for head in heads}
    marks = [0] * len(lines)
    number = 1
    if not page_says_faq:
        page_says_faq = any(line.level == 1 and names_faq(line.text) for line in lines)
    for line in lines:
        if line.box:
            marks[line.index] = -(line.box % 1_000_003) - 1
    for line in lines:
        if _is_title(line) and marks[line.index] <= 0 and line.level != 1:
            end = _section_end(lines, line, by_line)
            number += 1
            for at in range(line.index + 1, end):
                if marks[at] == 0:
                    marks[at] = number
    outside = PAGE if page_says_faq else NONE
    found: dict[int, Region] = {}
    for at, mark in enumerate(marks):
        if mark not in found:
            found[mark] = Region(at, at + 1, SECTION if mark else outside)
        found[mark].end = at + 1
    for head in heads:
        groups = found[marks[head.at]].groups
        groups.setdefault(head.key, []).append(head)
    return list(found.values())


def _asks(head: Head) -> bool:
    return head.strength > 0 and not (len(head.question) < 70 and _SMALL_TALK.search(head.question))


def _share(group: list[Head]) -> float:
    return sum(min(1.0, head.strength * 0.6) for head in group if _asks(head)) / len(group)


def _trim(group: list[Head]) -> list[Head]:
    """From the first to the last that asks."""
    asking = [i for i, head in enumerate(group) if _asks(head)]
    return group[asking[0] : asking[-1] + 1] if asking else []


def _spans(group: list[Head], lines: list[Line], end: int) -> None:
    """Set where each answer ends: at the next sibling, at a higher title, or out of the box."""
    for head, following in zip(group, [*group[1:], None], strict=False):
        limit = following.at if following else end
        line = lines[head.at]
        stop = head.at + 1
        common = _common_path(group, lines) if following is None else 0
        while stop < limit:
            other = lines[stop]
            if (
                other.level
                and line.level
                and other.level <= line.level
                and other.header != line.header
            ):
                break
            if other.level and not line.level and head.shape in ("bold", "text", "inline", "label"):
                break
            if common and (len(other.path) < common or other.path[:common] != line.path[:common]):
                break
            if line.box and other.box != line.box and following is None:
                break
            stop += 1
        head.until = stop


def _common_path(group: list[Head], lines: list[Line]) -> int:
    """Length of the ancestor path that all heads share; for one head, its container's."""
    first = lines[group[0].at].path
    if len(group) == 1:
        return max(0, len(first) - (3 if group[0].shape in ("accordion", "details") else 2))
    size = len(first)
    for head in group[1:]:
        path = lines[head.at].path
        size = min(size, len(path))
        while first[:size] != path[:size]:
            size -= 1
    return size


def _answered(head: Head, lines: list[Line]) -> bool:
    if head.rest:
        return True
    return any(lines[at].text != head.question for at in range(head.at + 1, head.until))


def _is_dialogue(group: list[Head], lines: list[Line], labels: Labels) -> bool:
    """Interviews, transcripts, chats: named speakers answer, or the answers are mere words."""
    if group[0].shape != "label":
        return False
    start, end = group[0].at, group[-1].until
    speakers = sum(
        bool(_SPEAKER.match(line.text)) and not labels.of(line.text)[0]
        for line in lines[max(0, start - 8) : end]
    )
    if speakers >= 2:
        return True
    sizes = sorted(
        sum(len(lines[at].text) for at in range(h.at + 1, h.until)) + len(h.rest) for h in group
    )
    return len(sizes) > 2 and sizes[len(sizes) // 2] < 12


def _fits(group: list[Head], region: Region, lines: list[Line], labels: Labels) -> bool:
    shape = group[0].shape
    limit = LIMITS[shape][region.context]
    asking = [head for head in group if _asks(head)]
    if limit is None or len(asking) < limit[0] or _share(group) < limit[1]:
        return False
    if shape in ("links", "contents"):
        return True
    answered = sum(_answered(head, lines) for head in asking)
    if answered < 0.6 * len(asking):
        return False
    return not _is_dialogue(group, lines, labels)


def _members(group: list[Head], region: Region, lines: list[Line]) -> list[Head]:
    """Which of an accepted group are entries."""
    shape = group[0].shape
    share = _share(group)
    least = {"heading": 0.6, "bold": 0.7}.get(shape, 0.5)
    whole = shape in STRUCTURAL and share >= least
    kept = [head for head in group if _asks(head) or (whole and _plausible(head))]
    if shape in ("links", "contents"):
        return kept
    return [head for head in kept if _answered(head, lines)]


def _plausible(head: Head) -> bool:
    return not names_faq(head.question) and not _SMALL_TALK.search(head.question)


def accept(
    lines: list[Line], regions: list[Region], labels: Labels, known: frozenset[str]
) -> list[Head]:
    """Heads that are questions of a FAQ, in order."""
    taken: list[Head] = []
    said = bool(known)
    for region in sorted(regions, key=lambda region: -region.context):
        if region.context == NONE and (
            said or any(r.context for r in regions if r.groups and taken)
        ):
            taken += _accept_in(region, lines, labels, frozenset(("details", "accordion")))
        else:
            taken += _accept_in(region, lines, labels, None)
    return sorted(taken, key=lambda head: head.at)


def _accept_in(
    region: Region, lines: list[Line], labels: Labels, only: frozenset[str] | None
) -> list[Head]:
    taken: list[Head] = []
    groups = sorted(
        region.groups.values(),
        key=lambda g: (SHAPES.index(g[0].shape), g[0].key[-1:] != (0,), str(g[0].key)),
    )
    for group in groups:
        shape = group[0].shape
        if only is not None and shape not in only:
            continue
        if shape in ("text", "list", "links", "contents") and len(taken) >= 2:
            continue
        group = _trim(_outside(group, taken))
        if not group:
            continue
        _spans(group, lines, region.end)
        if _fits(group, region, lines, labels):
            taken += _members(group, region, lines)
    if not taken and region.context:
        taken = _templates(region, lines)
    return taken


def _outside(group: list[Head], taken: list[Head]) -> list[Head]:
    """Those that do not lie in the answer of a stronger shape."""
    if group[0].shape == "heading":
        return group
    return [h for h in group if not any(t.at <= h.at < t.until for t in taken)]


def _templates(region: Region, lines: list[Line]) -> list[Head]:
    """An accordion under a FAQ title counts even if none of its headers asks anything."""
    for group in region.groups.values():
        if group[0].shape in ("details", "accordion") and len(group) > 1:
            _spans(group, lines, region.end)
            found = [head for head in group if _answered(head, lines) and _plausible(head)]
            if len(found) > 1:
                return found
    return []

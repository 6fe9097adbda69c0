"""Which groups of lines are a FAQ: shape x share of questions x what surrounds them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from spiders.extract.faq_heads import SHAPES, Head, is_small_talk, quiet_heads
from spiders.extract.questions import MARKS, lines_naming_faq, names_faq

if TYPE_CHECKING:
    from spiders.extract.faq_lines import Line, Lines
    from spiders.extract.questions import Labels, Speech

__all__ = ["accept", "key_of", "regions_of"]

NONE, PAGE, SECTION = 0, 1, 2

# (fewest questions, least share of questions) for a shape where nothing, the page's title or
# address, or the section's title or class says FAQ. None: never. Chosen on pages of our own and
# the visible real ones; see tests/eval/faq.
LIMITS: dict[str, tuple[tuple[int, float] | None, ...]] = {
    "details": ((2, 0.6), (2, 0.3), (1, 0.2)),
    "accordion": ((2, 0.6), (2, 0.3), (1, 0.2)),
    "label": ((3, 0.5), (2, 0.3), (2, 0.3)),
    "dl": ((2, 0.6), (2, 0.15), (2, 0.15)),
    "heading": ((4, 0.7), (2, 0.3), (2, 0.25)),
    "table": ((3, 0.7), (2, 0.3), (2, 0.3)),
    "bold": ((4, 0.7), (2, 0.2), (2, 0.2)),
    "inline": ((5, 0.6), (3, 0.4), (2, 0.3)),
    "list": (None, (3, 0.0), (2, 0.0)),
    "text": (None, (3, 0.0), (2, 0.0)),
    "links": (None, (3, 0.4), (3, 0.5)),
    "contents": (None, (3, 0.5), (3, 0.5)),
}
# Least share of heads among the lines from the first to the last, where nothing but the text of a
# line makes it a head; contexts as above.
DENSITY = {"inline": (0.3, 0.1, 0.1), "table": (0.15, 0.0, 0.0), "text": (1.0, 0.06, 0.06)}
# Shapes whose members are questions even without a mark, once the group is accepted.
STRUCTURAL = frozenset(
    ("details", "accordion", "label", "dl", "table", "heading", "bold", "links", "contents")
)
_PLAIN = frozenset(("text", "list", "inline"))  # nothing but the words of a line makes it a head
# How user-written questions are shown: "3 answers", "answered by Kim on May 2, 2021".
_BY_USERS = re.compile(
    r"(?i:^\W*(?:\d+ )?(?:answers?|replies|repl(?:y|ied)|antworten|respuestas|réponses|ответ\w*)"
    r"(?:\(s\))?[\s:(]*(?:\d|by\b)|\b(?:answered|asked|posted|replied) (?:by|on)\b"
    r"|^.{0,60}\b(?:says|wrote|said):)"
    r"|\bby \w+,? (?:on )?(?:[A-Z][a-z]+ \d{1,2},? \d{4}|\d{1,2}[./]\d{1,2}[./]\d{2,4})"
)
_AGO = re.compile(r"\b(?:minutes?|hours?|days?|weeks?|months?|years?) ago\b")
_NUMBER_OR_DATE = re.compile(r"\D{0,3}\d{1,6}\D{0,3}|.*(?:\b(?:19|20)\d\d\b|\b\d\d?:\d\d\b).*")
_SPEAKER = re.compile(r"^[\[(]?[A-Z][\w.’'\-]*(?: [A-Z&][\w.’'\-]*| and){0,6}[\])]?\s?:\s+\S")


_MAX_TITLE = 90  # characters of a title
_MAX_BELOW = 60  # lines of a row below questions
_MAX_ALIKE = 150  # characters of a line that is taken for a question by its looks
_FIRST_ASKS = re.compile(rf"\W*[^.!{MARKS}]{{3,150}}[{MARKS}]")
_CHOICE = re.compile(r"\(?[A-Ba-b]\s?[).:\-]")
# 1.4, G2., 3), FAQ-COM100
_NUMBERED = re.compile(r"(?:[A-Z]{1,5}-?){0,2}\d{1,3}(?:[.\-]\d{1,3}){0,3}[.):]?\s")
_KEY = re.compile(r"[\W_]+")
_NUMBERING = re.compile(r"^[\W\d_]+")


def key_of(question: str) -> str:
    """What two spellings of one question have in common: its letters, without its number."""
    return _KEY.sub("", _NUMBERING.sub("", question.casefold()))


@dataclass(slots=True)
class Region:
    """Lines `start` to `end` that belong to one FAQ title or box; `context` is one of the above."""

    start: int
    end: int
    context: int
    groups: dict[tuple[str | int, ...], list[Head]] = field(default_factory=dict)


def _names_faq(text: str) -> bool:
    """Whether more than the number says FAQ: not in "FAQ-A10: About us"."""
    return names_faq(text) and names_faq(_NUMBERED.sub("", text, count=1))


def _is_title(line: Line, head: Head | None) -> bool:
    if (
        head is not None
        and head.strength == 2
        and len(line.text) > 12
        and not is_small_talk(line.text)
    ):
        return False
    return (
        len(line.text) <= _MAX_TITLE
        and (line.level > 0 or line.is_bold or (len(line.text) < 40 and line.text[-1] != "."))
        and not (line.is_linked and not line.level)
        and not (line.header and not line.level)
        and names_faq(_NUMBERED.sub("", line.text, count=1))
    )


def _section_end(lines: Lines, title: Line, heads: dict[int, Head]) -> int:
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


def regions_of(lines: Lines, heads: list[Head], page_says_faq: bool) -> list[Region]:
    """Disjoint regions in order: FAQ sections and boxes, and what lies between them."""
    by_line = {head.at: head for head in heads}
    named = [lines[at] for at in lines_naming_faq([line.text[: _MAX_TITLE + 1] for line in lines])]
    page_says_faq = page_says_faq or any(line.level == 1 for line in named)
    marks = [0] * len(lines)
    number = 0
    for line in named:
        if marks[line.index] or line.level == 1:
            continue
        if _is_title(line, by_line.get(line.index)):
            number += 1
            end = _section_end(lines, line, by_line)
            marks[line.index + 1 : end] = [number] * (end - line.index - 1)
    _mark_boxes(lines, marks)
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


def _mark_boxes(lines: Lines, marks: list[int]) -> None:
    """Number the runs of lines in elements that are called FAQ; near ones are one run."""
    number, last = 0, -9
    for line in lines:
        if line.box and marks[line.index] == 0:
            if line.index - last > 4:
                number -= 1
            marks[line.index] = number
            last = line.index


def _share(group: list[Head]) -> float:
    return sum(min(1.0, head.strength * 0.6) for head in group if head.asks) / len(group)


def _trim(group: list[Head], region: Region, lines: Lines, contents: frozenset[str]) -> list[Head]:
    """From the first to the last that asks; all where the markup itself says question.

    Other things than questions fold too: menus and filters before and behind an accordion.
    What stands right under the FAQ's title is its first question, asking or not.
    """
    if group and group[0].shape in ("label", "details", "accordion") and _share(group) >= 0.5:
        return group
    counted = region.context > NONE and group and group[0].shape in ("heading", "bold")
    counted = counted and _is_numbered(group)
    sure = [
        i
        for i, h in enumerate(group)
        if h.asks
        or (contents and key_of(h.question) in contents)
        or (counted and _NUMBERED.match(h.question))
    ]
    if not sure:
        return []
    is_first = (
        region.context == SECTION
        and group[0].shape == "heading"
        and group[0].at <= region.start + 1
        and _share(group) < 0.6
    )
    if region.context == SECTION and group[0].shape in ("details", "accordion"):
        first, _ = _like(group, sure[0], lines)
        return group[first : _like(group, sure[-1], lines)[1]]
    return group[0 if is_first else sure[0] : _end_of_list(group, sure[-1], lines)]


def _is_last_part(group: list[Head], at: int, lines: Lines) -> bool:
    """Whether the heading at `at` is the only one behind those that ask, in an element like theirs.

    Where each heading has an element to itself, or all lie in one of their own.
    """
    if at + 1 != len(group) or at < 2:
        return False
    last, before = lines[group[at].at], lines[group[at - 1].at]
    return (
        lines.look_of(last) == lines.look_of(before)
        and len(last.path) == len(before.path)
        and last.path[:-1] != before.path[:-1]
        and lines.pieces[last.path[-2]].partition(">")[0]
        == lines.pieces[before.path[-2]].partition(">")[0]
    )


def _end_of_list(group: list[Head], at: int, lines: Lines) -> int:
    """Behind the head at `at`, or behind the last that follows it in the same list of items."""
    line = lines[group[at].at]
    at += 1
    if line.level and at < len(group) and _is_last_part(group, at, lines):
        return at + 1
    if line.tag in ("li", "dt") or (line.level and line.box):
        while at < len(group) and lines[group[at].at].path[:-1] == line.path[:-1]:
            at += 1
    return at


def _like(group: list[Head], at: int, lines: Lines) -> tuple[int, int]:
    """From where to where the heads around `at` stand as deep as it does."""
    depths = [len(lines[head.at].path) for head in group]
    first = last = at
    while first and depths[first - 1] == depths[at]:
        first -= 1
    while last < len(group) and depths[last] == depths[at]:
        last += 1
    return first, last


def _without_answers(group: list[Head]) -> list[Head]:
    """Without those that are the answers, where question and answer are marked alike.

    One line each: every line that asks is followed by one that does not.
    """
    told = {
        after.at
        for head, after in pairwise(group)
        if head.strength == 2 and not after.strength and after.at == head.at + 1
    }
    asking = sum(head.strength == 2 for head in group)
    return [h for h in group if h.at not in told] if len(told) > 0.6 * asking else group


def _spans(group: list[Head], lines: Lines, end: int) -> None:
    """Set where each answer ends: at the next sibling, at a title, or out of the box.

    Nothing ends the last answer of a flat page, so it gets as many lines as the longest before.
    """
    longest = 0
    boxes = {lines[head.at].box for head in group}
    if group and group[0].shape == "table":
        _pair_columns(group, lines)
    for head, following in zip(group, [*group[1:], None], strict=False):
        limit = following.at if following else end
        if following is None and len(group) > 2:
            limit = min(limit, head.at + longest + 2)
        common = _common_path(group, lines) if following is None else ()
        stop = head.at + 1
        while (
            not head.column
            and stop < limit
            and not _ends(lines[head.at], lines[stop], head.shape, common)
        ):
            if len(boxes) == 1 and common and lines[head.at].box not in (0, lines[stop].box):
                break
            stop += 1
        head.until = stop
        longest = max(longest, stop - head.at)


def _pair_columns(group: list[Head], lines: Lines) -> None:
    """Answers of rows of questions: each in the same column of the row below."""
    rows: dict[int, list[Head]] = {}
    for head in group:
        line = lines[head.at]
        if line.tag == "td" and len(line.path) > 2:
            rows.setdefault(line.path[-2], []).append(head)
    for row, heads in rows.items():
        if len(heads) < 2 or heads[-1].at - heads[0].at != len(heads) - 1:
            continue
        depth = len(lines[heads[0].at].path) - 1
        below: dict[int, dict[int, list[str]]] = {}
        for line in lines[heads[-1].at + 1 : heads[-1].at + 1 + _MAX_BELOW]:
            if (
                len(line.path) > depth
                and line.path[: depth - 1] == lines[heads[0].at].path[: depth - 1]
            ):
                cells = below.setdefault(line.path[depth - 1], {})
                cells.setdefault(line.path[depth], []).append(line.text)
        answers = [" ".join(texts) for texts in next(iter(below.values()), {}).values()]
        if len(answers) == len(heads) and row not in below:
            for head, answer in zip(heads, answers, strict=True):
                head.rest, head.column = answer, True


def _ends(line: Line, other: Line, shape: str, common: tuple[int, ...]) -> bool:
    """Whether `other` is behind the answer to `line`; `common` ancestors are shared."""
    if other.level:
        inside = other.header and other.header == line.header
        if line.level and other.level <= line.level and not inside:
            return True
        if not line.level and shape in ("bold", "text", "inline", "label"):
            return True
    if not common:
        return False
    return other.path[: len(common)] != common


def _common_path(group: list[Head], lines: Lines) -> tuple[int, ...]:
    """The ancestors that all heads share; for one head, its container's."""
    first = lines[group[0].at].path
    if len(group) == 1:
        return first[: -3 if group[0].shape in ("accordion", "details") else -2]
    for head in group[1:]:
        path = lines[head.at].path
        first = tuple(a for a, b in zip(first, path, strict=False) if a == b)
    return first


def _answered(head: Head, lines: Lines) -> bool:
    if head.rest:
        return True
    if head.strength == 0 and head.shape in ("bold", "heading"):
        return head.at + 1 < head.until and not lines[head.at + 1].is_linked
    return any(not _is_contents(lines[at]) for at in range(head.at + 1, head.until))


def _is_contents(line: Line) -> bool:
    return line.is_linked and line.target[:1] == "#"


def _is_dialogue(group: list[Head], context: int, lines: Lines, labels: Labels) -> bool:
    """Interviews, transcripts, chats: named speakers answer, or the answers are mere words."""
    if group[0].shape != "label":
        return False
    start = group[0].at
    before = [line for line in lines[max(0, start - 8) : start] if _speaks(line, labels)]
    after = [h for h in group if h.at + 1 < len(lines) and _speaks(lines[h.at + 1], labels)]
    if len(before) > 1 or len(after) > max(1, len(group) // 4):
        return True
    sizes = sorted(
        sum(len(lines[at].text) for at in range(h.at + 1, h.until)) + len(h.rest) for h in group
    )
    return context == NONE and len(sizes) > 2 and sizes[len(sizes) // 2] < 12


def _speaks(line: Line, labels: Labels) -> bool:
    return bool(_SPEAKER.match(line.text)) and not labels.of(line.text)[0]


def _is_checklist(group: list[Head], lines: Lines) -> bool:
    """Questions to the reader: what follows them asks on."""
    asking_on = 0
    for head in group:
        follows = head.rest or (lines[head.at + 1].text if head.at + 1 < head.until else "")
        asking_on += _FIRST_ASKS.match(follows) is not None
    return asking_on * 5 >= len(group) * 2


def _told(head: Head, lines: Lines) -> str:
    """The start of the answer."""
    return " ".join([head.rest, *(line.text for line in lines[head.at + 1 : head.until][:4])])[:300]


def _is_quiz(group: list[Head], lines: Lines) -> bool:
    """Choices A and B behind the questions, or fields to choose from."""
    chosen = 0
    for head in group:
        if sum(line.is_choice for line in lines[head.at + 1 : head.until][:4]) > 1:
            chosen += 1
            continue
        first = [line.text for line in lines[head.at + 1 : head.at + 3]]
        chosen += len(first) == 2 and all(
            _CHOICE.match(text) and len(text) < 120 and text[:2].lstrip("(")[:1].upper() == letter
            for text, letter in zip(first, "AB", strict=True)
        )
    return chosen * 2 > len(group)


def _is_survey(group: list[Head], lines: Lines) -> bool:
    """The same choices behind every question."""
    told = [_told(head, lines) for head in group]
    return len(told) > 2 and len(set(told)) * 2 < len(told)


def _is_thread(group: list[Head], lines: Lines) -> bool:
    """Questions and answers that visitors wrote."""
    told = sum(
        bool(_AGO.search(head.question) or _BY_USERS.search(_told(head, lines).strip()))
        for head in group
    )
    return told * 2 > len(group)


def _is_counted(group: list[Head], lines: Lines) -> bool:
    """Links that a mere number or date stands behind, as behind the threads of a forum."""
    behind = [lines[head.at + 1].text for head in group if head.at + 1 < len(lines)]
    told = sum(len(text) < 40 and bool(_NUMBER_OR_DATE.fullmatch(text)) for text in behind)
    return told * 2 > len(group)


def _density(group: list[Head]) -> float:
    """Share of the lines from the first to the last that are heads."""
    return len(group) / (group[-1].at - group[0].at + 1)


def _fits(members: list[Head], region: Region, lines: Lines, labels: Labels) -> bool:
    """Whether heads that ask often enough also have what a FAQ has: answers."""
    shape = members[0].shape
    if shape in ("links", "contents"):
        return not _is_counted(members, lines)
    asking = [head for head in members if head.asks]
    answered = sum(_answered(head, lines) for head in asking)
    if answered < 0.6 * len(asking) or _is_dialogue(members, region.context, lines, labels):
        return False
    if _is_survey(members, lines) or _is_thread(members, lines):
        return False
    if _is_quiz(members, lines) or (region.context == NONE and _is_checklist(members, lines)):
        return False
    return not asking or (_density(asking) >= DENSITY.get(shape, (0.0, 0.0, 0.0))[region.context])


def _asks_enough(group: list[Head], context: int, contents: frozenset[str]) -> bool:
    shape = group[0].shape
    limit = LIMITS[shape][context]
    if shape == "label" and all(head.opens for head in group):
        limit = LIMITS["accordion"][context]
    if limit is None or not _may_link(group, context):
        return False
    asking = [head for head in group if head.asks and (context > NONE or head.strength == 2)]
    fewest, least = limit
    if contents and shape in ("heading", "bold"):
        listed = sum(key_of(head.question) in contents for head in asking)
        fewest = min(fewest, 3) if listed > 2 else fewest
    if shape in ("label", "text") and len(group) >= fewest:
        fewest = 2
    return len(asking) >= fewest and _share(group) >= least


def _may_link(group: list[Head], context: int) -> bool:
    """False for headings that lead to other pages, as teasers do: in a FAQ's section they may.

    On a page that is called FAQ they may if all ask; other articles stand beside it.
    """
    if group[0].key[-1] != "linked" or context == SECTION:
        return True
    return context == PAGE and all(head.asks for head in group)


def _is_replied(group: list[Head], context: int, lines: Lines, labels: Labels) -> bool:
    """Whether nearly all are labelled "Q:" and followed by an "A:".

    Where nothing says FAQ, some must ask too.
    """
    if group[0].shape != "label" or len(group) < 3:
        return False
    ends = [*(head.at for head in group[1:]), len(lines)]
    replied = sum(
        any(labels.of(line.text)[0] == "a" for line in lines[head.at : min(end, head.at + 8)])
        for head, end in zip(group, ends, strict=True)
    )
    asking = sum(head.asks for head in group)
    return replied >= 0.8 * len(group) and (context > NONE or asking * 5 >= len(group))


def _agrees(group: list[Head], known: frozenset[str]) -> bool:
    """Beside structured data, a group must hold some of its questions or be mostly questions."""
    asking = sum(head.strength == 2 and head.asks for head in group)
    return asking * 2 > len(group) > 1 or any(key_of(head.question) in known for head in group)


def _members(group: list[Head], context: int, contents: frozenset[str], lines: Lines) -> list[Head]:
    """Which of a group that asks enough are entries: all, or those that ask or are listed."""
    shape = group[0].shape
    least = _least_share(group, context, lines)
    whole = shape in ("label", "text") or (shape in STRUCTURAL and _share(group) >= least)
    words = 4 if shape in ("links", "contents") else 1
    return [
        head
        for head in group
        if head.asks
        or (whole and _plausible(head) and head.question.count(" ") + 1 >= words)
        or (contents and key_of(head.question) in contents and _plausible(head))
    ]


def _least_share(group: list[Head], context: int, lines: Lines) -> float:
    """From which share of questions on all of a group are."""
    shape = group[0].shape
    if context > NONE:
        if shape in ("heading", "bold") and _is_numbered(group):
            return 0.25
        if shape == "dl":
            return 0.15
        if shape == "bold" and _end_of_list(group, 0, lines) == len(group) > 2:
            return 0.3
    if context == SECTION and shape in ("heading", "accordion", "details"):
        return 0.3
    return {"heading": 0.6, "bold": 0.7, "links": 0.7, "contents": 0.7}.get(shape, 0.5)


def _alike(members: list[Head], region: Region, lines: Lines) -> list[Head]:
    """With the lines among them that look as they do and as no other line does.

    So a question without a mark is known by its element where that is made for questions.
    """
    looks = {lines.look_of(lines[head.at]) for head in members}
    look = looks.pop()
    if looks or " " not in look or len(members) < 2:
        return members
    known = {head.at: head for head in members}
    found = [
        known.get(line.index) or members[0].sibling(line)
        for line in lines[members[0].at : region.end]
        if lines.look_of(line) == look
    ]
    if any(after.at == head.at + 1 for head, after in pairwise(found)):  # answers look so too
        return members
    return [head for head in found if len(head.question) < _MAX_ALIKE and _plausible(head)]


def _is_numbered(group: list[Head]) -> bool:
    """Whether nearly all carry a number, e.g. "1.4", "G2." or "3)"."""
    return len(group) > 2 and sum(bool(_NUMBERED.match(h.question)) for h in group) > (
        0.8 * len(group)
    )


def _numbered(group: list[Head]) -> list[Head]:
    """Where the questions carry numbers, those that do or have a mark; else all."""
    counted = [head for head in group if _NUMBERED.match(head.question)]
    asked = sum(head.asks for head in counted)
    if asked < 3 or asked < 0.8 * sum(head.asks for head in group):
        return group
    return [h for h in group if h.strength == 2 or _NUMBERED.match(h.question)]


def _plausible(head: Head) -> bool:
    question = head.question
    if is_small_talk(question):
        return False
    return len(question) > 59 or not _names_faq(question)


def accept(
    lines: Lines,
    regions: list[Region],
    labels: Labels,
    known: frozenset[str],
    speech: Speech,
    *,
    trusts_headings: bool = True,
) -> list[Head]:
    """Heads that are questions of a FAQ, in order; `known` are keys of those found otherwise.

    With `trusts_headings` headings that ask are enough where nothing else says FAQ.
    """
    contents = _contents(regions)
    taken: list[Head] = []
    for region in sorted(regions, key=lambda region: -region.context):
        only: tuple[str, ...] = SHAPES[:-1]
        if region.context == NONE and (taken or known or not trusts_headings):
            only = ("details", "accordion")
        taken += _accept_in(region, lines, labels, contents, known, only)
    if not taken and not known:
        for region in regions:
            taken += _accept_in(region, lines, labels, frozenset(), known, SHAPES[-1:])
    if not taken and not known:
        for region in regions:
            if region.context == SECTION:
                taken += _quiet(region, lines, speech)
    taken += _stragglers(regions, lines, taken)
    return sorted(taken, key=lambda head: head.at)


def _quiet(region: Region, lines: Lines, speech: Speech) -> list[Head]:
    """Questions of a FAQ that neither marks nor markup show: their elements look alike."""
    group = quiet_heads(lines, region.start, region.end, speech)
    found = _alike(group, region, lines) if len(group) > 1 else []
    if len(found) < 3 or len({lines.look_of(lines[head.at]) for head in found}) > 1:
        return []
    _spans(found, lines, region.end)
    return found if all(_answered(head, lines) for head in found) else []


def _stragglers(regions: list[Region], lines: Lines, taken: list[Head]) -> list[Head]:
    """Single questions that a title parts from their accepted siblings, or of another rank."""
    have = {id(head) for head in taken}
    keys = {head.key for head in taken if head.shape not in ("text", "list", "inline")}
    ranked = any(head.shape == "heading" for head in taken)
    found = []
    for region in regions:
        for key, group in region.groups.items():
            if region.context == NONE or not (key in keys or (ranked and key[0] == "heading")):
                continue
            if key not in keys and key[-1] == "linked":  # another article
                continue
            left = [h for h in group if h.strength == 2 and h.asks and id(h) not in have]
            left = _outside(left, taken)
            _spans(left, lines, region.end)
            found += [head for head in left if head.url or _answered(head, lines)]
    return found


def _contents(regions: list[Region]) -> frozenset[str]:
    """Keys of the lines of a table of contents that lists questions."""
    groups = [g for r in regions for g in r.groups.values() if g[0].shape == "contents"]
    listed = [head for group in groups for head in group]
    if sum(head.asks for head in listed) < max(2, 0.3 * len(listed)):
        return frozenset()
    return frozenset(key_of(head.question) for head in listed)


def _accept_in(
    region: Region,
    lines: Lines,
    labels: Labels,
    contents: frozenset[str],
    known: frozenset[str],
    only: tuple[str, ...],
) -> list[Head]:
    taken: list[Head] = []
    groups = [group for group in region.groups.values() if group[0].shape in only]
    for group in sorted(groups, key=lambda group: SHAPES.index(group[0].shape)):
        shape = group[0].shape
        if LIMITS[shape][region.context] is None or (
            shape in ("text", "list", "links") and len(taken) > 1
        ):
            continue
        if shape in ("text", "inline") and _is_beside_index(group, groups):
            continue
        group = _outside(group, taken)
        if group and group[0].shape == "accordion":
            group = _without_answers(group)
        if region.context > NONE and shape in ("heading", "bold"):
            group = _numbered(group)
        if not (group and _is_replied(group, region.context, lines, labels)):
            group = _trim(group, region, lines, contents)
            if group and region.context > NONE and shape == "text":
                group = _alike(group, region, lines)
            if not group or not _asks_enough(group, region.context, contents):
                continue
        members = _members(group, region.context, contents, lines)
        _spans(members, lines, region.end)
        if known and not _agrees(members, known):
            continue
        if _fits(members, region, lines, labels):
            linked = members[0].shape in ("links", "contents")
            taken += [head for head in members if linked or _answered(head, lines)]
        elif region.context > NONE and not taken and _is_index(members):
            taken += members
    if not taken and region.context and "accordion" in only:
        taken = _templates(region, lines)
    return taken


def _is_index(group: list[Head]) -> bool:
    """Items of a list that all ask, one behind the other: their answers come when clicked."""
    return (
        group[0].shape == "list"
        and len(group) > 2
        and all(head.strength == 2 and head.asks for head in group)
        and group[-1].at - group[0].at == len(group) - 1
    )


def _is_beside_index(group: list[Head], groups: list[list[Head]]) -> bool:
    """Whether far more links than these lines ask."""
    most = 3 * _asking(group)
    return any(
        other[0].shape == "links" and len(other) > most and _asking(other) > most
        for other in groups
    )


def _asking(group: list[Head]) -> int:
    return sum(head.asks for head in group)


def _outside(group: list[Head], taken: list[Head]) -> list[Head]:
    """Those that do not lie in the answer of a stronger shape."""
    if not group or group[0].shape == "heading":
        return group
    inside = {at for head in taken for at in range(head.at, head.until)}
    return [head for head in group if head.at not in inside]


def _templates(region: Region, lines: Lines) -> list[Head]:
    """An accordion under a FAQ title counts even if none of its headers asks anything."""
    for group in region.groups.values():
        if group[0].key[-1] == "button":  # "Accept", "Reject"
            continue
        if group[0].shape in ("details", "accordion") and len(group) > 1:
            _spans(group, lines, region.end)
            found = [head for head in group if _answered(head, lines) and _plausible(head)]
            if len(found) > 1 and not (_is_survey(found, lines) or _is_thread(found, lines)):
                return found
    return []

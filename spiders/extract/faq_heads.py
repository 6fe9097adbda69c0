"""Question-like lines of a page and their shapes: one short function a shape."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from spiders.extract.questions import (
    MARKS,
    Labels,
    Speech,
    has_mark,
    strength,
    strip_signs,
    without_count,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spiders.extract.faq_lines import Line

__all__ = ["SHAPES", "Head", "find_heads", "is_small_talk", "quiet_heads"]

# Strongest evidence first: where two shapes claim a passage, the earlier one has it.
SHAPES = (
    "details",
    "accordion",
    "label",
    "dl",
    "heading",
    "table",
    "bold",
    "inline",
    "list",
    "text",
    "links",
    "contents",
)
_MAX_QUIET = 120  # the same, for a line that has neither mark nor markup
MAX_QUESTION = 300  # characters; longer "questions" are paragraphs that end in one
_COUNTED = re.compile(r"Q\d{1,3}[.:)]?\s+(?=\S)")  # a label without a stop, behind another number
_INLINE_QUESTION = re.compile(rf"^(.{{6,200}}?[{MARKS}])[\"”’')]?\s+(?=\S)")


class Head:
    """A line that may be a question.

    `rest` is what follows in the same line, `key` what its siblings have in common, `until` the
    index of the first line that is no part of the answer. `opens` is one in an element that opens
    a panel or is called a question, `column` one whose answer is `rest`, from the row below.
    """

    __slots__ = (
        *("_asks", "_speech", "_strength", "at", "column", "key", "opens", "question", "rest"),
        *("shape", "until", "url"),
    )

    def __init__(
        self, at: int, question: str, key: tuple[str | int, ...], speech: Speech, rest: str
    ) -> None:
        self.at = at
        self.question = question
        self.shape = str(key[0])
        self.key = key
        self.rest = rest
        self.url: str | None = None
        self.until = 0
        self.opens = self.column = False
        self._speech = speech
        self._strength = -1
        self._asks = False

    def sibling(self, line: Line) -> Head:
        """A line that looks as this head does, as a head of the same kind."""
        return Head(line.index, strip_signs(line.text).strip(), self.key, self._speech, "")

    @property
    def strength(self) -> int:
        """2 has a mark, 1 only sounds so, 0 neither; graded when first asked for."""
        if self._strength < 0:
            self.strength = strength(self.question, self._speech)
        return self._strength

    @strength.setter
    def strength(self, grade: int) -> None:
        self._strength = grade
        self._asks = grade > 0 and not is_small_talk(self.question)

    @property
    def asks(self) -> bool:
        """Is a question, and not one of the page to its reader."""
        return self.strength > 0 and self._asks


# Questions of the page to its reader: buttons, forms, teasers.
_SMALL_TALK = re.compile(
    r"^(?:still |do you |don't )?(?:(?:have|got|any|a|more|other|further) )+questions?\b|helpful\b"
    r"|^need (?:more |any |some )?(?:help|support|assistance|advice)"
    r"|^(?:can't|cannot|didn't|couldn't) find|^did you (?:find|make|know|like|mean|enjoy)"
    r"|^(?:forgot|lost) (?:your |my )?(?:user|pass|log)|^looking for|^ready to|^not a member"
    r"|^i (?:still )?have .{0,20}questions?|^new here|^who(?:'|’)?s online|^who has been online"
    r"|^(?:security|secret|challenge) question"
    r"|^already (?:a|have|registered|using)\b|^want to (?:learn|know|see|try|hear|get|be|join|stay)"
    r"|^(?:do )?(?:you )?have (?:any )?(?:suggestion|feedback|idea)|cookies.{0,20} accept\b"
    r"|^(?:noch|haben sie) fragen|^war .{0,40}hilfreich|^.{0,25} vous a.{0,20}utile"
    r"|^why (?:choose|us)\b|^are you sure|^who we are|^what do you think|^leave a|^sound good"
    r"|^what (?:our|people|customers|clients) .{0,30}say|^how (?:can|may) we help"
    r"|^what are you looking|^what(?:'|’)s new|^do you (?:like|agree)|^interested\b"
    r"|^остались вопросы|^¿(?:tienes|te ha|necesitas ayuda)|^des questions|^besoin d",
    re.IGNORECASE,
)


def is_small_talk(question: str) -> bool:
    """Whether the page asks its reader, as forms and teasers do."""
    return len(question) < 70 and _SMALL_TALK.search(question) is not None


class _Finder:
    def __init__(self, lines: list[Line], labels: Labels, speech: Speech) -> None:
        self.lines = lines
        self.labels = labels
        self.speech = speech

    def head(
        self, line: Line, text: str, key: tuple[str | int, ...], rest: str = ""
    ) -> Head | None:
        question = strip_signs(text).strip()
        if not 3 <= len(question) <= MAX_QUESTION or not (
            question[0].isalpha() or any(map(str.isalpha, question))
        ):
            return None
        return Head(line.index, question, key, self.speech, rest)

    def heads(self) -> Iterator[Head]:
        header = 0
        skip = -1
        last: Head | None = None
        for line in self.lines:
            if line.index == skip:
                continue
            if line.header and line.header == header:
                if last is not None:  # an icon or a second line of the same header
                    self.continued(last, line)
                continue
            header, last = line.header, None
            text = line.text if line.text[0].isalnum() else strip_signs(line.text[:600])
            kind, rest = self.label(text)
            if kind == "q":
                found = self.labelled(line, rest)
                if found is not None and not rest:
                    skip = found.at
            elif kind == "a" and not line.header:
                continue
            else:
                found = self.plain(line)
            if found is not None:
                last = found
                yield found

    def label(self, text: str) -> tuple[str, str]:
        """What `Labels.of` says, also of a label behind the number of the paragraph."""
        if not text[:1].isdigit():
            return self.labels.of(text)
        bare = without_count(text)
        if bare is text:
            return "", text
        match = _COUNTED.match(bare)
        return ("q", bare[match.end() :]) if match else self.labels.of(bare)

    def continued(self, head: Head, line: Line) -> None:
        """Take a line behind a <br> into the question that it ends."""
        first = self.lines[head.at]
        text = f"{first.text} {line.text}"
        if head.strength < 2 and line.path == first.path and len(text) <= MAX_QUESTION:
            grade = strength(line.text, self.speech)
            if grade == 2:
                head.question, head.at = strip_signs(text).strip(), line.index
                head.strength = grade

    def labelled(self, line: Line, rest: str) -> Head | None:
        """`Q: ...`; the question is in the next line where the label stands alone."""
        key = ("label",)
        if rest:
            if line.is_linked and line.target and not line.header:
                return self.linked(line, line.target, rest)
            match = _INLINE_QUESTION.match(rest)
            if match and _holds_reply(rest[match.end() :], self.labels):
                found = self.head(line, match[1], key, rest[match.end() :])
            else:
                found = self.head(line, rest, key)
            if found is not None and found.strength == 0 and line.header:
                found.strength = 1
        elif line.index + 1 < len(self.lines):
            following = self.lines[line.index + 1]
            found = self.head(following, following.text, key)
        else:
            return None
        if found is not None:
            found.opens = line.header > 0
            if line.tag == "summary":
                found.shape = "details"
        return found

    def plain(self, line: Line) -> Head | None:
        if line.tag == "summary":
            return self.head(line, line.text, ("details",))
        link = line.target
        if line.header and (not link or link[0] == "#"):
            return self.head(line, line.text, ("accordion",))
        if link and line.is_linked:
            return self.linked(line, link)
        if line.level:
            return self.head(line, line.text, ("heading", line.level))
        if line.tag == "button":
            return self.head(line, line.text, ("accordion", "button"))
        if line.tag == "dt":
            return self.head(line, line.text, ("dl",))
        if line.lead:
            return self.bold(line)
        return self.unmarked(line)

    def linked(self, line: Line, link: str, text: str = "") -> Head | None:
        """A line of contents, a title that links to its page, or a heading with an anchor."""
        text = text or line.text
        if link[0] == "#" and (line.level or line.is_bold):
            shape = "heading" if line.level else "bold"
            return self.head(line, text, (shape, line.level) if line.level else (shape,))
        if line.level and self.tells(line.index + 1):
            return self.head(line, text, ("heading", line.level, "linked"))
        shape = "contents" if link[0] == "#" else "links"
        found = self.head(line, text, (shape, line.tag, line.level))
        if found is not None:
            found.url = link
        return found

    def tells(self, at: int) -> bool:
        """Whether the line is running text, as the start of an answer is."""
        if at >= len(self.lines):
            return False
        line = self.lines[at]
        return not line.level and not line.is_linked and len(line.text) > 20

    def bold(self, line: Line) -> Head | None:
        key = ("table" if line.tag in ("td", "th") else "bold",)
        if line.is_bold:
            return self.head(line, line.text, key)
        if len(line.lead) < 6 or not line.text.startswith(line.lead):
            return self.unmarked(line)
        found = self.head(line, line.lead, key, line.text[len(line.lead) :])
        if found is None or found.strength < 2:
            return self.unmarked(line) if found is None or found.strength == 0 else found
        return found

    def unmarked(self, line: Line) -> Head | None:
        """A whole line, or the start of one, that asks; nothing in the markup says so."""
        text = line.text
        if not has_mark(text) and not (text[-1] == ";" and ";" in self.speech.endings):
            return None
        if len(text) <= MAX_QUESTION and strength(strip_signs(text), self.speech) == 2:
            shape = {"li": "list", "td": "table", "th": "table"}.get(line.tag, "text")
            return self.head(line, text, (shape, line.tag))
        if len(text) > 20 and (match := _INLINE_QUESTION.match(text)):
            key = ("inline", line.tag)
            return self.head(line, match[1], key, text[match.end() :])
        return None


def quiet_heads(lines: list[Line], start: int, end: int, speech: Speech) -> list[Head]:
    """Short lines outside of lists that sound like questions; none has a mark."""
    found = []
    for line in lines[start:end]:
        text = line.text
        if 8 < len(text) < _MAX_QUIET and line.tag not in ("li", "td") and not line.is_linked:
            head = Head(line.index, strip_signs(text).strip(), ("text", line.tag), speech, "")
            if head.strength == 1 and head.asks:
                found.append(head)
    return found


def _holds_reply(text: str, labels: Labels) -> bool:
    return labels.of(text)[0] == "a"


def find_heads(lines: list[Line], labels: Labels, speech: Speech) -> list[Head]:
    """All lines that may be questions, in order; most of them are not."""
    return list(_Finder(lines, labels, speech).heads())

"""Questions that a page describes as schema.org FAQPage or QAPage."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crawler.items import FaqEntry
from spiders.extract.questions import clean_question, labels_of
from spiders.extract.structured import Entity, find, plain_text

if TYPE_CHECKING:
    from spiders.extract.page import ParsedPage

__all__ = ["structured_entries"]

_SPACE = re.compile(r"\s+")
# What a site's users write: votes and several answers are marks of a forum.
_NO_FAQ = ("Quiz", "LearningResource", "DiscussionForumPosting", "QAPage")
_FORUM_MARKS = ("upvoteCount", "downvoteCount", "suggestedAnswer")


def structured_entries(page: ParsedPage) -> list[FaqEntry]:
    """One entry a Question of a FAQPage, or of a QAPage that is not a forum thread."""
    questions = _questions(page.structured)
    if not questions:
        return []
    found = []
    labels = labels_of(page.language, ())
    for entity in questions:
        question = clean_question(_text(entity, "name") or _text(entity, "text"), labels)
        answer = _answer(entity)
        kind, rest = labels.of(answer)
        if question:
            found.append(FaqEntry(question, rest if kind == "a" else answer, entity.syntax))
    return found


def _questions(entities: list[Entity]) -> list[Entity]:
    """Questions in order, those of quizzes and forum threads left out."""
    questions = find(entities, "Question")
    if not questions:
        return []
    left_out = {
        id(question)
        for outer in find(entities, *_NO_FAQ)
        for question in find([outer], "Question")
        if "QAPage" not in outer.types or _is_thread(question)
    }
    return [question for question in questions if id(question) not in left_out]


def _is_thread(question: Entity) -> bool:
    answers = find([question], "Answer")
    people = find([question], "Person")
    return bool(people) or any(
        name in entity.props for entity in [question, *answers] for name in _FORUM_MARKS
    )


def _answer(question: Entity) -> str:
    """The longest accepted or suggested answer as text."""
    values = [
        value
        for name in ("acceptedAnswer", "suggestedAnswer")
        for value in question.props.get(name, ())
    ]
    texts = [
        _text(value, "text", "description", "name") if isinstance(value, Entity) else _folded(value)
        for value in values
    ]
    return max(texts, key=len, default="")


def _text(entity: Entity, *names: str) -> str:
    for name in names:
        for value in entity.props.get(name, ()):
            if not isinstance(value, Entity) and (text := _folded(value)):
                return text
    return ""


def _folded(value: str | int | float | bool | Entity) -> str:
    return _SPACE.sub(" ", plain_text(value)).strip() if isinstance(value, str) else ""

"""What an opened chat shows, by the criteria of chat quality; words are rows in chat_words.toml.

The window was opened by a click and read by the browser (`page_scripts/chat.js`); nothing was
typed. `no` is said only of what an opened window would show; the rest is not observable.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from crawler.items import ChatCriterion

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Verdict = tuple[Literal["yes", "no", "not_observable"], str]
    View = Mapping[str, Any]

__all__ = ["CRITERIA", "read_chat"]

_BOTS = ("bot", "ai_bot")
_EXCERPT = 160
_MIN_TEXT = 12  # characters below which a window has not shown its first words
_SHORT = 4  # letters
_MAX_REPLY = 60  # characters of an answer to click
_MIN_REPLIES = 2
_FACE_PX = 120
_CLOCK = re.compile(r"\b\d{1,2}[:.]\d\d\s*(?:[-–]|to|bis|à|a)\s*\d{1,2}[:.]\d\d|\b\d{1,2} ?[ap]m\b")
_MAIL = re.compile(r"[\w.+-]{1,40}@[\w-]{1,40}\.\w{2,10}")
_PHONE = re.compile(r"\+\d[\d ()/-]{7,18}\d")
_SOMEBODY = re.compile(r"\s*([A-ZÀ-Þ][\w'-]{1,20})")


def read_chat(view: View | None, kind: str | None, language: str | None) -> list[ChatCriterion]:
    """One row for each criterion, in order; none when no chat was looked for.

    `kind` is the ChatKind of the vendor, `language` that of the page.
    """
    if view is None:
        return []
    context = {**view, "kind": kind, "language": language}
    rows = []
    for name, judge in CRITERIA.items():
        needs_window = name not in _OF_THE_OPENER
        if needs_window and not view.get("opened"):
            why = "no opener was seen" if not view.get("launcher") else "the chat did not open"
            rows.append(ChatCriterion(name, "not_observable", why))
        else:
            verdict, excerpt = judge(context)
            rows.append(ChatCriterion(name, verdict, excerpt[:_EXCERPT]))
    return rows


# -- words


@cache
def _table() -> dict[str, dict[str, list[str]]]:
    path = Path(__file__).with_name("chat_words.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def _pattern(row: str, codes: tuple[str, ...] = ()) -> re.Pattern[str]:
    """Any word of a row; of other languages than the expected only the longer ones.

    `moi` greets in Finnish, not in French.
    """
    words = {
        word
        for code, words in _table()[row].items()
        for word in words
        if not codes or code in (*codes, "any") or len(word) > _SHORT
    }
    # The longest first, so that the excerpt shows the whole phrase.
    either = "|".join(_whole(word) for word in sorted(words, key=lambda w: (-len(w), w)))
    return re.compile(either)


# Chinese, Japanese, Korean and Thai texts do not part their words.
_UNPARTED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def _whole(word: str) -> str:
    """A word begins where no other goes on; a short one stands alone (`bot`, not `bottle`)."""
    if _UNPARTED.search(word):
        return re.escape(word)
    alone = len(word) <= _SHORT and word.isalpha()
    return r"(?<![^\W_])" + re.escape(word) + (r"(?![^\W_])" if alone else "")


def _codes(view: View) -> tuple[str, ...]:
    """Languages to expect: the window's, the page's, and English, which widgets often speak."""
    stated = [(view[key] or "").lower()[:2] for key in ("lang", "language")]
    known = [_SAME.get(code, code) for code in stated if code]
    return tuple(dict.fromkeys([*known, "en"])) if known else ()


_SAME = {"nb": "no", "nn": "no"}


def _knows(row: str, view: View) -> bool:
    """Whether there are words of the row in the language of the window, or else of the page."""
    codes = _codes(view)
    return not codes or codes[0] in _table()[row] or "any" in _table()[row]


def _said(text: str, row: str, codes: tuple[str, ...] = ()) -> str | None:
    """The line of the text with a word of the row, None when there is none."""
    for line in text.split("\n"):
        if _pattern(row, codes).search(line.casefold()):
            return line.strip()
    return None


# A time to wait, and not one that has passed, as lines of a talk carry it.
_SOON = re.compile(
    r"\b\d{1,2}\s?(?:[-–]\s?\d{1,2}\s?)?(?:min\b|minut|мин|хв|dakika|phút|menit)|\d\s?(?:分|분)"
)
_AGO = re.compile(
    r"\bago\b|\bvor\b|il y a|\bhace\b|\bfa\b|geleden|temu|назад|\d\s?分前|\d\s?분 전|önce|sedan|há "
)


def _reply_time(view: View) -> Verdict:
    if found := _said(_all_text(view), "reply_time", _codes(view)):
        return "yes", found
    for line in view["text"].split("\n"):
        folded = line.casefold()
        if _SOON.search(folded) and not _AGO.search(folded):
            return "yes", line.strip()
    return _unsaid(view, "reply_time")


def _by_words(row: str) -> Callable[[View], Verdict]:
    def judge(view: View) -> Verdict:
        if found := _said(_all_text(view), row, _codes(view)):
            return "yes", found
        return _unsaid(view, row)

    return judge


def _unsaid(view: View, row: str, what: str = "not in the opened window") -> Verdict:
    """What no found word means: nothing, in a language without words here."""
    if _knows(row, view):
        return _absent(view, what)
    return "not_observable", "the words of its language are not known"


def _all_text(view: View) -> str:
    """Text, labels of buttons and fields, a line each."""
    labels = [button["says"] for button in view["buttons"]]
    return "\n".join([view["text"], *labels, *(field["says"] for field in view["fields"])])


def _absent(view: View, what: str = "not in the opened window") -> Verdict:
    if len(view["text"]) < _MIN_TEXT:
        return "not_observable", "the window showed no text"
    return "no", what


# -- the criteria


def _who_answers(view: View) -> Verdict:
    text = _all_text(view)
    codes = _codes(view)
    if found := _said(text, "bot", codes) or _said(text, "person", codes):
        return "yes", found
    return _unsaid(view, "bot")


def _ai_disclosure(view: View) -> Verdict:
    """`no` only where the vendor makes bots: elsewhere nobody knows whether an AI answers."""
    if found := _said(_all_text(view), "ai", _codes(view)):
        return "yes", found
    if view["kind"] in _BOTS:
        return _unsaid(view, "ai", "the vendor makes bots, and the window does not say so")
    return "not_observable", "whether an AI answers cannot be seen"


def _name_and_avatar(view: View) -> Verdict:
    name = _persona(view)
    faces = [p for p in view["pictures"] if p["width"] <= _FACE_PX and p["height"] <= _FACE_PX]
    face = next((p["alt"] or p["called"] for p in faces), None)
    if name and face:
        return "yes", f"{name}; picture {face}"
    return _absent(view, f"only a {'name: ' + name if name else 'picture'}" if name or face else "")


def _persona(view: View) -> str | None:
    """The name that somebody in the chat says of himself."""
    for line in view["text"].split("\n"):
        for found in _pattern("name", _codes(view)).finditer(line.casefold()):
            if _SOMEBODY.match(line, found.end()):
                return line.strip()
    return None


def _quick_replies(view: View) -> Verdict:
    replies = [
        says
        for says in (" ".join(button["says"].split()) for button in view["buttons"])
        if 2 <= len(says) <= _MAX_REPLY and not _pattern("controls").match(says.casefold())
    ]
    if len(replies) >= _MIN_REPLIES:
        return "yes", " | ".join(replies)
    return _absent(view, "fewer than two answers to click")


def _language(view: View) -> Verdict:
    labels = "\n".join(
        [*(b["says"] for b in view["buttons"]), *(f["says"] for f in view["fields"])]
    )
    if found := _said(labels, "languages"):
        return "yes", found
    spoken, wanted = view["lang"][:2].lower(), (view["language"] or "")[:2].lower()
    if view["where"] != "iframe" or not spoken or not wanted:
        return "not_observable", "the window does not say its language"
    same = spoken == wanted
    return ("yes" if same else "no"), f"window in {spoken}, page in {wanted}"


def _hours(view: View) -> Verdict:
    text = view["text"]
    if found := _said(text, "hours", _codes(view)):
        return "yes", found
    if clock := _CLOCK.search(text.casefold()):
        return "yes", clock[0]
    return _unsaid(view, "hours")


def _other_channel(view: View) -> Verdict:
    for button in view["buttons"]:
        if button["href"].startswith(("mailto:", "tel:", "https://wa.me/")):
            return "yes", button["href"]
    if found := _MAIL.search(view["text"]) or _PHONE.search(view["text"]):
        return "yes", found[0]
    return _absent(view)


def _no_form_first(view: View) -> Verdict:
    asked = [
        field["says"] or field["kind"]
        for field in view["fields"]
        if field["kind"] in ("email", "tel")
        or (field["kind"] == "text" and _pattern("who").search(field["says"].casefold()))
    ]
    if asked:
        return "no", f"asks for {', '.join(asked)}"
    if view["fields"] or len(view["text"]) >= _MIN_TEXT:
        return "yes", "no field asks who one is"
    return "not_observable", "the window showed no text"


def _privacy(view: View) -> Verdict:
    for button in view["buttons"]:
        if button["href"] and _pattern("privacy").search(button["says"].casefold()):
            return "yes", button["says"]
    return _unsaid(view, "privacy")


def _can_be_closed(view: View) -> Verdict:
    launcher = view.get("launcher") or {}
    for says in (launcher.get("name_after") or "", *(b["says"] for b in view["buttons"])):
        if _pattern("close").search(says.casefold()):
            return "yes", says
    if not _knows("close", view):
        return "not_observable", "the words of its language are not known"
    return "no", "no control is named so"


def _accessible_name(view: View) -> Verdict:
    launcher = view.get("launcher")
    if not launcher:
        return "not_observable", "no opener was seen"
    name = launcher["name"].strip()
    return ("yes", name) if name else ("no", "the opener has no name")


def _keyboard(view: View) -> Verdict:
    launcher = view.get("launcher")
    if not launcher:
        return "not_observable", "no opener was seen"
    if launcher["keyboard"]:
        return "yes", f"{launcher['tag']} takes the focus"
    return "no", f"{launcher['tag']} takes no focus"


_OF_THE_OPENER = ("accessible_name", "keyboard_reach")
CRITERIA: dict[str, Callable[[View], Verdict]] = {
    "greeting": _by_words("greeting"),
    "says_who_answers": _who_answers,
    "ai_disclosure": _ai_disclosure,
    "says_what_it_can": _by_words("says_what_it_can"),
    "name_and_avatar": _name_and_avatar,
    "quick_replies": _quick_replies,
    "language": _language,
    "hours": _hours,
    "reply_time": _reply_time,
    "order_tracking": _by_words("order_tracking"),
    "handover": _by_words("handover"),
    "other_channel": _other_channel,
    "no_form_first": _no_form_first,
    "privacy_notice": _privacy,
    "can_be_closed": _can_be_closed,
    "accessible_name": _accessible_name,
    "keyboard_reach": _keyboard,
}

"""What reviewers wrote without who they are: names, addresses and numbers go before storing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crawler.items import Channel, Observations, Review

__all__ = ["hide_contacts", "hide_names", "hide_reviewers"]

_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
# A number with its sign or trunk zero, or in the blocks of North America; dates, prices and order
# numbers have neither.
_PHONE = re.compile(
    r"(?<![\w+./-])(?!\d{1,2}[/-]\d{1,2}[/-]\d{2,4})"
    r"(?:(?:\+|00)\d[\d ()/.-]{6,20}\d|\(?0\d[\d ()/-]{5,18}\d|"
    r"\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?!\d))"
)
_WORDS = 6  # of an excerpt's end that must stand in a review for the contact to be its writer's
_SHORTEST_NAME = 5  # letters; "Ann" also stands in other words


def hide_contacts(text: str) -> str:
    """The text without e-mail addresses and phone numbers.

    >>> hide_contacts("Call +49 30 1234567 or write a.b@c.example")
    'Call [phone] or write [e-mail]'
    """
    if "@" in text:
        text = _MAIL.sub("[e-mail]", text)
    return _PHONE.sub("[phone]", text)


def hide_reviewers(found: Observations) -> int:
    """Take reviewers out of a page's observations, in place; returns how many channels went.

    A number or address that stands in a review is its writer's, not a way to reach the brand.
    """
    if not found.reviews:
        return 0
    said = [" ".join(review.text.split()) for review in found.reviews]
    names = _names(found.reviews)
    for channel in found.channels:
        channel.excerpt = _without(channel.excerpt, names)
    kept = [channel for channel in found.channels if not _is_said(channel, said)]
    dropped = len(found.channels) - len(kept)
    found.channels = kept
    for review in found.reviews:
        review.text = hide_contacts(_without(review.text, names))
        review.title = hide_contacts(_without(review.title, names)) if review.title else None
        review.reply = hide_contacts(_without(review.reply, names)) if review.reply else None
    for policy in found.policies:
        policy.excerpt = _without(policy.excerpt, names)
    return dropped


def hide_names(text: str, reviews: list[Review]) -> str:
    """A page's text without the names of those who wrote its reviews, and without contacts in it.

    A page without reviews stays as it is: its contacts are the brand's own.
    """
    return hide_contacts(_without(text, _names(reviews))) if reviews else text


def _is_said(channel: Channel, said: list[str]) -> bool:
    if channel.kind not in ("phone", "email", "sms", "whatsapp"):
        return False
    own = channel.excerpt.rpartition("[name]")[2]  # a review often follows its writer's name
    end = " ".join(own.split()[-_WORDS:])
    return bool(end) and any(end in text for text in said)


def _names(reviews: list[Review]) -> re.Pattern[str] | None:
    names = {" ".join(review.author.split()) for review in reviews if review.author}
    long = sorted((name for name in names if len(name) >= _SHORTEST_NAME), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, long))})\b") if long else None


def _without(text: str, names: re.Pattern[str] | None) -> str:
    return names.sub("[name]", text) if names else text

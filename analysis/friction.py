"""How far a person who can help is from the start page: clicks, and what stands between.

A way is a channel on its nearest page. Clicks are links to follow from the start page; hurdles are
what has to be passed before anybody answers: a form to fill, a bot, a login.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from analysis.observations import Channel, Observed, Page, Proof, shorten

__all__ = ["Hurdle", "Way", "ways_to_people"]

Hurdle = Literal["form", "bot", "login"]

# Channels of a page, as reports call them, and whether a form stands before them by nature.
_CHANNELS: dict[str, tuple[str, tuple[Hurdle, ...]]] = {
    "phone": ("phone", ()),
    "email": ("e-mail", ()),
    "whatsapp": ("messenger", ()),
    "messenger": ("messenger", ()),
    "telegram": ("messenger", ()),
    "viber": ("messenger", ()),
    "line": ("messenger", ()),
    "wechat": ("messenger", ()),
    "sms": ("SMS", ()),
    "form": ("form", ("form",)),
}
_BOTS = ("bot", "ai_bot", "hybrid")
_NO_FORM_FIRST = "no_form_first"  # criterion of chat_rubric.toml


class Way(NamedTuple):
    """One way to a person; `steps` counts a hurdle like a click."""

    name: str
    clicks: int
    hurdles: tuple[Hurdle, ...]
    proof: Proof

    @property
    def steps(self) -> int:
        return self.clicks + len(self.hurdles)

    def __str__(self) -> str:
        clicks = f"{self.clicks} click" + ("" if self.clicks == 1 else "s")
        behind = " and ".join(f"a {hurdle}" for hurdle in self.hurdles)
        return f"{self.name}: {clicks}" + (f", then {behind}" if behind else "")


def ways_to_people(brand: Observed) -> list[Way]:
    """The nearest way of each kind, the fewest steps first; pages of unknown depth are left out."""
    near = {page.id: page for page in brand.read if brand.has_known_way(page)}
    ways = [*_channels(brand.channels, near), *_chats(brand, near)]
    nearest: dict[str, Way] = {}
    for way in sorted(ways, key=lambda way: (way.steps, way.name)):
        nearest.setdefault(way.name, way)
    return list(nearest.values())


def _channels(channels: Iterable[Channel], near: dict[str, Page]) -> Iterable[Way]:
    for channel in channels:
        known = _CHANNELS.get(channel.kind)
        page = near.get(channel.page_id)
        if known is None or page is None:
            continue
        name, hurdles = known
        if "password" in (channel.detail or ""):
            hurdles = (*hurdles, "login")
        said = shorten(channel.excerpt) or channel.value
        yield Way(name, page.depth, hurdles, Proof(channel.page_id, said))


def _chats(brand: Observed, near: dict[str, Page]) -> Iterable[Way]:
    """Chats; whether a form comes first is known only of one that was opened."""
    has_form = any(
        row["criterion"] == _NO_FORM_FIRST and row["verdict"] == "no" for row in brand.criteria
    )
    for chat in brand.chat:
        page = near.get(chat.page_id)
        if page is None or chat.kind == "messenger":
            continue
        hurdles: tuple[Hurdle, ...] = ("bot",) if chat.kind in _BOTS else ()
        hurdles += ("form",) if has_form else ()
        said = f"{chat.vendor}: {shorten(chat.proof)}"
        yield Way("chat", page.depth, hurdles, Proof(chat.page_id, said))

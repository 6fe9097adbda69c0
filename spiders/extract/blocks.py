"""Where blocks begin in the folded text of a page, and which parts of it customers wrote.

Needed only where something was found: both walk the page, and most pages state nothing.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING

from spiders.extract.reviews import extract_reviews

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

    from spiders.extract.page import ParsedPage

__all__ = ["is_quoted", "quote"]

_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q s "
    "samp small span strike strong sub sup time tt u var -text".split()
)
_FEW_WORDS = 3  # "3-5 days": a value alone says too little without the label before it
_MAX_LABEL = 80  # characters of a block that may be the label of the next
_PROBE = 40  # characters of a review that are sought when its whole text is not found as it is


def quote(page: ParsedPage, left: int, right: int, start: int, end: int) -> str:
    """What `left`..`right` of the page's text says within the block around `start`..`end`.

    A block of a word or two takes a short block before it along: a label or a heading.
    """
    pieces = _pieces(page)
    pieces.read_to(right)
    at = pieces.block_at(start)
    if at < 0:
        return page.text[left:right].strip()
    starts = pieces.starts
    after = bisect_left(starts, end)
    while after < len(starts) and not pieces.begins_block(after):
        after += 1
    last = min(right, starts[after] if after < len(starts) else right)
    first = max(left, starts[at])
    if at and len(page.text[first:last].split()) < _FEW_WORDS:
        label = starts[pieces.block_at(starts[at - 1])]
        if starts[at] - label <= _MAX_LABEL:
            first = max(left, label)
    return page.text[first:last].strip()


class _Pieces:
    """The texts of a page, each with its place in `page.text`; which begin blocks is seen late.

    None is there where the walk and the text disagree.
    """

    def __init__(self, page: ParsedPage) -> None:
        body = page.tree.body
        self.nodes: list[LexborNode] = []
        self.starts: list[int] = []
        self.broken: set[int] = set()  # numbers of the pieces with a <br> before them
        self._text = page.text
        self._place = 0
        self._walk = body.traverse(include_text=True) if body else iter(())

    def read_to(self, place: int) -> None:
        """Walk on to the first piece that begins at this place of the text or after it."""
        if self.starts and self.starts[-1] >= place:
            return
        for node in self._walk:
            if not node.is_text_node:
                if node.tag == "br":
                    self.broken.add(len(self.nodes))
                continue
            said = " ".join((node.text_content or "").split())
            if not said:
                continue
            if not self._text.startswith(said, self._place):
                self.nodes, self.starts, self._walk = [], [], iter(())
                return
            self.nodes.append(node)
            self.starts.append(self._place)
            self._place += len(said) + 1
            if self.starts[-1] >= place:
                return

    def begins_block(self, at: int) -> bool:
        if at == 0 or at in self.broken:
            return True
        return _block_of(self.nodes[at]) != _block_of(self.nodes[at - 1])

    def block_at(self, place: int) -> int:
        """The number of the piece that begins the block around a place in the text; -1: none."""
        at = bisect_right(self.starts, place) - 1
        while at > 0 and not self.begins_block(at):
            at -= 1
        return at


@lru_cache(maxsize=2)
def _pieces(page: ParsedPage) -> _Pieces:
    return _Pieces(page)


def _block_of(node: LexborNode) -> int:
    """Which element is the innermost block around a text."""
    parent = node.parent
    while parent is not None and parent.tag in _INLINE:
        parent = parent.parent
    return parent.mem_id if parent is not None else 0


def is_quoted(page: ParsedPage, start: int) -> bool:
    """Whether the page's text at `start` is of a customer's review, not the brand's own words."""
    return any(left <= start < right for left, right in _quotations(page))


@lru_cache(maxsize=2)
def _quotations(page: ParsedPage) -> tuple[tuple[int, int], ...]:
    """Every place of the text of every review of the page."""
    found = []
    for review in extract_reviews(page)[0]:
        for written in filter(None, (review.title, review.text)):
            said = " ".join(written.split())
            probe = said if said in page.text else said[:_PROBE]
            at = page.text.find(probe) if len(probe) > 8 else -1
            while at >= 0:
                found.append((at, at + len(said)))
                at = page.text.find(probe, at + len(said))
    return tuple(found)

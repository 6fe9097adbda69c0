"""What rendering changed so far, by kind of page: platform or scripts, and purpose."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Learned", "draw"]

ENOUGH = 3  # pages of a kind that changed nothing; by then the fourth of a platform is like them
AGAIN = 0.2  # of those left out are opened all the same, so that a kind can come back


class Learned:
    """Counts of a run, and of runs before it that still hold. Which of the pages left out are
    opened all the same changes with `turn`.

    Pages come in a fixed order, so that a replay learns the same.
    """

    def __init__(self, earlier: Iterable[tuple[str, bool]] = (), turn: int = 0) -> None:
        self._opened: Counter[str] = Counter()
        self._changed: Counter[str] = Counter()
        self._turn = turn
        for kind, changed in earlier:
            self.note(kind, changed=changed)

    def note(self, kind: str, *, changed: bool) -> None:
        """A page of this kind was rendered, and whether it gave what its markup did not."""
        self._opened[kind] += 1
        self._changed[kind] += changed

    def is_worth(self, kind: str, url: str) -> bool:
        """Whether another page of the kind is opened; a page of no kind always is."""
        hopeless = self._opened[kind] >= ENOUGH and not self._changed[kind]
        return not (kind and hopeless) or draw(url + "#" * self._turn) < AGAIN


def draw(url: str) -> float:
    """A number in 0..1 that only the address decides."""
    digest = hashlib.blake2b(url.encode(), digest_size=4).digest()
    return int.from_bytes(digest) / 2**32

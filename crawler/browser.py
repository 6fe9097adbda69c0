"""Which Chromium there is; reading pages, printing reports and the tests use the same."""

from __future__ import annotations

import shutil
from pathlib import Path

__all__ = ["find_browser"]

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def find_browser(chosen: str | None = None, cache_folder: Path | None = None) -> str | None:
    """Path of a Chromium: the chosen one, an installed one, else one that Playwright downloaded.

    None when there is no browser; a chosen path that does not exist is None too, so that the
    choice is never silently replaced.
    """
    if chosen:
        return chosen if Path(chosen).exists() else None
    for name in _NAMES:
        if found := shutil.which(name):
            return found
    for place in _PLACES:
        if Path(place).exists():
            return place
    folder = cache_folder or Path.home() / ".cache" / "ms-playwright"
    downloads = sorted(folder.glob("chromium-*/chrome-*/chrome"), reverse=True)
    return str(downloads[0]) if downloads else None

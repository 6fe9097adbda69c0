"""PDF on A4, printed by Chromium from the HTML with script and network off."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler.browser import find_browser
from crawler.errors import ConfigError
from reports.renderers import html

if TYPE_CHECKING:
    from reports.model import Report

__all__ = ["media_type", "render", "suffix"]

suffix = ".pdf"
media_type = "application/pdf"

_ARGUMENTS = [
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
_WAY_OUT = (
    "install one (playwright install chromium), name one in CXSCOUT_BROWSER, "
    "or take --format html and print it"
)
_TIMEOUT_MS = 60_000


def render(report: Report, *, browser: str | None = None) -> bytes:
    """The PDF, with every drawer open; `browser` is the path of a Chromium.

    Without it one that is installed is taken. Raises ConfigError when there is none.
    """
    try:
        # Playwright starts a driver process: only this format pays for it.
        from playwright.sync_api import Error, sync_playwright  # noqa: PLC0415
    except ImportError:
        raise ConfigError(f"format pdf needs Playwright and a browser; {_WAY_OUT}") from None
    path = find_browser(browser)
    if path is None and browser:
        raise ConfigError(f"no browser for format pdf: {browser} does not exist; {_WAY_OUT}")
    page = html.render(report, expanded=True)
    with tempfile.TemporaryDirectory(prefix="cxscout-pdf-") as folder, sync_playwright() as driver:
        file = Path(folder) / "report.html"
        file.write_bytes(page)
        try:
            chromium = driver.chromium.launch(executable_path=path, args=_ARGUMENTS)
        except Error as error:
            reason = str(error).splitlines()[0]
            raise ConfigError(f"no browser for format pdf ({reason}); {_WAY_OUT}") from None
        with chromium:
            return _print(chromium, file.as_uri())


def _print(chromium: Any, uri: str) -> bytes:
    context = chromium.new_context(
        java_script_enabled=False, offline=True, service_workers="block", color_scheme="light"
    )
    context.route(
        "**/*", lambda route: route.continue_() if route.request.url == uri else route.abort()
    )
    page = context.new_page()
    page.goto(uri, timeout=_TIMEOUT_MS)
    printed: bytes = page.pdf(
        prefer_css_page_size=True, print_background=True, tagged=True, outline=True
    )
    return printed

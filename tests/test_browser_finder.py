"""Which browser is taken, when there are several and when there is none."""

import pytest

from crawler import browser
from crawler.browser import find_browser


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A machine without a browser; its PATH is an empty folder."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(browser, "_PLACES", ())
    return tmp_path


def program(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_chosen_browser_is_taken_and_never_replaced(bare):
    program(bare / "bin" / "chromium")
    mine = program(bare / "mine")
    assert find_browser(mine) == mine
    assert find_browser(str(bare / "gone")) is None


def test_installed_browser_comes_before_a_downloaded_one(bare):
    downloaded = program(bare / "cache" / "chromium-1200" / "chrome-linux" / "chrome")
    program(bare / "cache" / "chromium-1100" / "chrome-linux" / "chrome")
    assert find_browser(cache_folder=bare / "cache") == downloaded
    installed = program(bare / "bin" / "google-chrome")
    assert find_browser(cache_folder=bare / "cache") == installed


def test_machine_without_a_browser_has_none(bare):
    assert find_browser(cache_folder=bare / "cache") is None

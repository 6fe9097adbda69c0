"""Documentation is as the code is: generated pages are fresh, commands and links in it exist."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from crawler.app.cli import cli
from spiders.extract.vendors import load_vendors

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands_in(page):
    """Each `cxscout ...` line of the code blocks, continuation lines joined."""
    text = page.read_text("utf-8")
    for block in re.findall(r"^```(?:console|sh)?\n(.*?)^```", text, re.M | re.S):
        for line in block.replace("\\\n", " ").splitlines():
            line = line.strip().removeprefix("$ ").split("  #")[0]
            if line.startswith("cxscout "):
                yield line


CASES = [(page.name, line) for page in PAGES for line in commands_in(page)]


def test_generated_pages_are_fresh():
    done = subprocess.run([sys.executable, ROOT / "docs/make.py", "--check"], capture_output=True,
                          text=True)  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_there_are_commands_to_check():
    assert len(CASES) > 10


@pytest.mark.parametrize(("page", "line"), CASES, ids=lambda value: value[:60])
def test_command_in_the_documentation_is_one(page, line):
    words = shlex.split(line)[1:]
    if "STUDY" in words or "[" in line or "…" in line:
        pytest.skip("a pattern, not a command")
    command, context = cli, click.Context(cli)
    args = list(words)
    while isinstance(command, click.Group):
        if args[0].startswith("--"):
            args = args[2:] if args[0] == "--home" else args[1:]
            if not args:
                return
            continue
        command = command.commands[args.pop(0)]
    if "--help" in args:
        return
    command.make_context(line, args, parent=context, resilient_parsing=False)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page):
    text = page.read_text("utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_files_that_extending_names_are_there():
    text = (ROOT / "docs" / "extending.md").read_text("utf-8")
    named = re.findall(r"`((?:\.ci|analysis|crawler|docs|reports|spiders|tests)/[\w./-]+)`", text)
    named = [name for name in named if not re.search(r"(?:\b|_)xx?\b", name)]
    assert len(named) > 20
    assert not [name for name in named if not (ROOT / name).exists()]


def test_vendor_that_extending_shows_is_a_valid_row(tmp_path):
    text = (ROOT / "docs" / "extending.md").read_text("utf-8")
    (tmp_path / "x.toml").write_text(re.search(r"```toml\n(.*?)```", text, re.S)[1], "utf-8")
    assert list(load_vendors(tmp_path)) == ["acme-chat"]

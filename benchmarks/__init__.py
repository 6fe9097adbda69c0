"""Measurements as ratios against a peer or a baseline in the same run."""

from __future__ import annotations

import json
from collections.abc import Mapping

__all__ = ["print_figures"]


def print_figures(figures: Mapping[str, object], *, as_json: bool) -> None:
    """A figure a line, or all as one line of JSON."""
    if as_json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:28} {value}")

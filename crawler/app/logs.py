"""Logs as JSON, one object a line, for programs that collect them."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

__all__ = ["JsonLines", "log_as_json"]


class JsonLines(logging.Formatter):
    """{at, level, logger, text, run, spider} and the traceback as `error` where there is one."""

    def __init__(self, **always: object) -> None:
        super().__init__()
        self._always = always

    def format(self, record: logging.LogRecord) -> str:
        row = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "text": record.getMessage(),
            **self._always,
        }
        if record.exc_info:
            row["error"] = self.formatException(record.exc_info)
        return json.dumps(row, ensure_ascii=False, default=str)


def log_as_json(**always: object) -> None:
    """Let every handler of the root logger write JSON; `always` is in each line."""
    for handler in logging.getLogger().handlers:
        handler.setFormatter(JsonLines(**always))

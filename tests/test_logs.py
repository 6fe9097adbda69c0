"""Logs as JSON: one object a line, whatever is in the message."""

import json
import logging
import sys

import pytest

from crawler.app.logs import JsonLines
from crawler.config import read_settings
from crawler.errors import ConfigError


def test_a_line_is_one_object_with_what_is_always_said():
    record = logging.LogRecord("a.b", logging.WARNING, __file__, 1, "two\nlines %s", ("“x”",), None)
    line = JsonLines(run=7, spider="site").format(record)
    assert "\n" not in line
    row = json.loads(line)
    assert (row["level"], row["logger"], row["run"]) == ("warning", "a.b", 7)
    assert row["text"] == "two\nlines “x”"


def test_a_traceback_is_in_the_line():
    try:
        raise ValueError("broken")
    except ValueError:
        info = sys.exc_info()
    record = logging.LogRecord("a", logging.ERROR, __file__, 1, "failed", (), info)
    assert "ValueError: broken" in json.loads(JsonLines().format(record))["error"]


def test_the_format_comes_from_file_and_environment(tmp_path):
    assert read_settings(tmp_path, {}).log_format == "text"
    (tmp_path / "cxscout.toml").write_text('log_format = "json"\n')
    assert read_settings(tmp_path, {}).log_format == "json"
    assert read_settings(tmp_path, {"CXSCOUT_LOG_FORMAT": "text"}).log_format == "text"
    with pytest.raises(ConfigError, match="text or json"):
        read_settings(tmp_path, {"CXSCOUT_LOG_FORMAT": "xml"})

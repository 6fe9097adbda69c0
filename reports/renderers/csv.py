"""A zip of CSV files, one a table, for spreadsheets and scripts.

UTF-8 with a byte order mark, which Excel needs; names and headings stay English in every language.
Text that a spreadsheet would take for a formula begins with an apostrophe; numbers are left as they
are, negative ones too.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from itertools import chain
from typing import IO, TYPE_CHECKING

from reports.locale import ENGLISH
from reports.tables import tables

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.model import Report
    from reports.tables import Table, Value

__all__ = ["media_type", "render", "safe_cell", "suffix", "write"]

suffix = ".zip"
media_type = "application/zip"

# What Excel, LibreOffice or Sheets may read as a formula, also behind blanks, invisible characters
# and quotes, also in full-width form; and what begins a cell of its own where `;` parts cells.
_FORMULA = re.compile(
    "^[\\s\"';,\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*[=+\\-@\uff1d\uff0b\uff0d\uff20|%{]"
)
_EPOCH = (1980, 1, 1, 0, 0, 0)  # so that the same report gives the same bytes


def render(report: Report) -> bytes:
    """The zip of the report's own tables; each file is named after its table."""
    buffer = io.BytesIO()
    write(report, buffer)
    return buffer.getvalue()


def write(report: Report, out: IO[bytes], long: Iterable[Table] = ()) -> None:
    """The same into a file, with `long` tables row by row, so that memory does not grow."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for table in chain(tables(report, ENGLISH), long):
            name = re.sub(r"[^a-z0-9]+", "-", table.key.lower()).strip("-")
            entry = zipfile.ZipInfo(f"{name}.csv", _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with bundle.open(entry, "w", force_zip64=True) as file:
                _write(table, io.TextIOWrapper(file, "utf-8-sig", newline=""))


def _write(table: Table, text: io.TextIOWrapper) -> None:
    writer = csv.writer(text)
    writer.writerow([column.label for column in table.columns])
    for row in table.rows:
        writer.writerow([safe_cell(value) for value in row])
    text.flush()


def safe_cell(value: Value) -> Value:
    """Text that cannot become a formula; numbers and None as they are.

    >>> safe_cell("=1+1"), safe_cell("\\t@x"), safe_cell(-2.5), safe_cell("a = b")
    ("'=1+1", "'\\t@x", -2.5, 'a = b')
    """
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value

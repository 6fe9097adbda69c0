"""A zip of CSV files, one a table, for spreadsheets and scripts.

UTF-8 with a byte order mark, which Excel needs. Text that a spreadsheet would take for a formula
begins with an apostrophe; numbers are left as they are, negative ones too.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from typing import TYPE_CHECKING

from reports.tables import tables

if TYPE_CHECKING:
    from reports.model import Report
    from reports.tables import Table, Value

__all__ = ["media_type", "render", "safe_cell", "suffix"]

suffix = ".zip"
media_type = "application/zip"

# What Excel, LibreOffice or Sheets may read as a formula, also behind blanks and invisible
# characters, also in full-width form.
_FORMULA = re.compile(
    "^[\\s\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*[=+\\-@\uff1d\uff0b\uff0d\uff20|%]"
)
_EPOCH = (1980, 1, 1, 0, 0, 0)  # so that the same report gives the same bytes


def render(report: Report) -> bytes:
    """The zip; each file is named after its table."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bundle:
        for table in tables(report):
            name = re.sub(r"[^a-z0-9]+", "-", table.name.lower()).strip("-")
            bundle.writestr(zipfile.ZipInfo(f"{name}.csv", _EPOCH), _table(table))
    return buffer.getvalue()


def _table(table: Table) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([column.label for column in table.columns])
    for row in table.rows:
        writer.writerow([safe_cell(value) for value in row])
    return text.getvalue().encode("utf-8-sig")


def safe_cell(value: Value) -> Value:
    """Text that cannot become a formula; numbers and None as they are.

    >>> safe_cell("=1+1"), safe_cell("\\t@x"), safe_cell(-2.5), safe_cell("a = b")
    ("'=1+1", "'\\t@x", -2.5, 'a = b')
    """
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value

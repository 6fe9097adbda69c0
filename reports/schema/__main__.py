"""python -m reports.schema: write the published copy."""

import json

from reports.schema import PATH, report_schema

PATH.write_text(json.dumps(report_schema(), indent=2) + "\n", encoding="utf-8")

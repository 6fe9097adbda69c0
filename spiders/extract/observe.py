"""All extractors over one parsed page; a failing one costs its own result and nothing else."""

from __future__ import annotations

import gc
import logging
from itertools import count
from typing import TYPE_CHECKING, Any

from crawler.errors import NotThisPage
from crawler.items import Observations
from spiders.extract.accessibility import check_accessibility
from spiders.extract.channels import extract_channels
from spiders.extract.faq import extract_faq
from spiders.extract.links import extract_links
from spiders.extract.policies import extract_policies
from spiders.extract.reviews import extract_reviews
from spiders.extract.technologies import extract_technologies

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from spiders.extract.page import ParsedPage

__all__ = ["EXTRACTORS", "observe"]

log = logging.getLogger(__name__)

# Name in `--only` -> extractor and the fields of Observations that it fills.
EXTRACTORS: dict[str, tuple[Callable[[ParsedPage], Any], tuple[str, ...]]] = {
    "faq": (extract_faq, ("faq",)),
    "reviews": (extract_reviews, ("reviews", "ratings")),
    "chat": (extract_technologies, ("chat", "technologies")),
    "channels": (extract_channels, ("channels",)),
    "policies": (extract_policies, ("policies",)),
    "links": (extract_links, ("links",)),
    "accessibility": (check_accessibility, ("accessibility",)),
}


_numbers = count(1)  # of the pages of this process
_SETTLED = 5  # pages after which the data files that are ever needed are nearly all read


def _settle() -> None:
    """Show the garbage collector no more what was read from data files.

    Word lists and rows of vendors are 130,000 objects that never go. To walk through them again
    and again took a tenth of the time of a long crawl.
    """
    gc.collect()
    gc.freeze()


def observe(page: ParsedPage, only: Collection[str] = ()) -> Observations:
    """What the extractors (all, or those named in `only`) read on the page."""
    if next(_numbers) == _SETTLED:
        _settle()
    found = Observations()
    for name, (extract, fields) in EXTRACTORS.items():
        if only and name not in only:
            continue
        try:
            result = extract(page)
        except NotThisPage as reason:
            found.errors.append(f"{name}: {reason}")
        except Exception as error:  # the edge of a job: one extractor on one page
            log.exception("extractor %s failed on %s", name, page.url)
            found.errors.append(f"{name}: {type(error).__name__}: {error}"[:300])
        else:
            for field, rows in zip(fields, result if len(fields) > 1 else (result,), strict=True):
                setattr(found, field, rows)
    return found

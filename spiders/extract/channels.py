"""Ways to reach the brand that a page names.

Kinds, with value and detail:

email       address, lower case
phone       E.164 number; country (ISO 3166)
form        absolute URL it is sent to; its field names, comma-separated
whatsapp    https://wa.me/<number>; the number
messenger   URL; network (facebook, zalo, skype, ...). telegram, viber, line, wechat: URL
sms         number
social      canonical URL of the brand's profile; network
hours       opening hours: schema.org as `Mo-Fr 09:00-18:00`, text as written
reply_time  promised time to answer, e.g. `24 hour`; the same in hours
reply_term  a time to answer that is no promise of the support: data protection, confirmations
address     postal address on one line; country
language    BCP 47 tag of a language offered
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.items import Channel
from spiders.extract.channels_forms import find_forms
from spiders.extract.channels_links import find_languages, find_messengers, find_profiles
from spiders.extract.channels_structured import find_addresses, find_stated_hours
from spiders.extract.emails import find_emails
from spiders.extract.hours import find_hours, find_reply_times
from spiders.extract.phones import find_phones

if TYPE_CHECKING:
    from collections.abc import Callable

    from spiders.extract.page import ParsedPage

__all__ = ["extract_channels"]

_FINDERS: tuple[Callable[[ParsedPage], list[Channel]], ...] = (
    find_emails,
    find_phones,
    find_forms,
    find_messengers,
    find_profiles,
    find_stated_hours,
    find_hours,
    find_reply_times,
    find_addresses,
    find_languages,
)
MAX_EXCERPT = 200


def extract_channels(page: ParsedPage) -> list[Channel]:
    """Each channel once, kind by kind in the order above, within a kind in page order."""
    found: dict[tuple[str, str], Channel] = {}
    for find in _FINDERS:
        for channel in find(page):
            channel.excerpt = channel.excerpt[:MAX_EXCERPT]
            found.setdefault((channel.kind, channel.value), channel)
    return list(found.values())

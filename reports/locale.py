"""The report's own words in the reader's language: gettext catalogs, numbers and dates by CLDR.

English is the source: a message is its own key. Catalogs are `locales/<language>.po`, read as they
are. A message without a translation is said in English. Text that was read on a site never comes
through here as a message, only as a value inside one.
"""

from __future__ import annotations

import gettext
import math
import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from babel import Locale, dates, lists, numbers
from babel.messages.pofile import read_po

from crawler.config import REPORT_LANGUAGES
from crawler.errors import ConfigError
from reports.iranian import MONTHS, iranian

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["ENGLISH", "LANGUAGES", "Words", "words_for"]

CATALOGS = Path(__file__).parent / "locales"
LANGUAGES = REPORT_LANGUAGES
# Whose numbers and dates CLDR gives where that is not the language's own code; English as the
# house writes it: 2 March 2026.
_LOCALES = {"en": "en_GB", "kmr": "ku"}
_DIGITS = {"arabext": "۰۱۲۳۴۵۶۷۸۹"}
_ISOLATED = re.compile(r"[A-Za-z]")  # letters that run against a right-to-left sentence
# German counts after a word that asks for the dative; units whose plural shows it.
_DATIVE = re.compile(
    r"\b((?:von|mit|binnen|bei|aus) [+−]?\d[\d.,]* )(Tage|Punkte|Wege|Wörter|Schritte|Monate)\b"
)
_FSI, _PDI, _LRM = "\u2068", "\u2069", "\u200e"


@dataclass(frozen=True)
class Words:
    """One language: `t` and `n` for messages, the rest for numbers, dates and lists.

    >>> words = words_for("de")
    >>> words.number(1234.5, 1), words.percent(0.43), words.date("2026-03-02")
    ('1.234,5', '43\\xa0%', '2. März 2026')
    """

    language: str
    locale: Locale = field(repr=False, compare=False)
    messages: Mapping[str, tuple[str, ...]] = field(repr=False, compare=False)
    plural_form: Callable[[int], int] = field(repr=False, compare=False)

    @property
    def direction(self) -> str:
        """ "ltr" or "rtl", as HTML's `dir` wants it."""
        return str(self.locale.text_direction)

    @property
    def name(self) -> str:
        """The language in its own words."""
        return str(self.locale.get_language_name(self.locale.language) or self.language)

    def t(self, message: str, /, **values: object) -> str:
        """The message in this language, `{name}` filled from `values`.

        >>> words_for("en").t("{brand} ranks {place}", brand="a.example", place=2)
        'a.example ranks 2'
        """
        return self._filled(self.messages.get(message, (message,))[0] or message, values)

    def n(self, one: str, many: str, count: float, /, **values: object) -> str:
        """The form of the message that fits `count`, which fills `{n}`.

        >>> words_for("en").n("{n} page", "{n} pages", 1200)
        '1,200 pages'
        """
        forms = self.messages.get(one)
        if forms and all(forms):
            template = forms[min(self.plural_form(math.ceil(abs(count))), len(forms) - 1)]
        else:
            template = one if count == 1 else many
        return self._filled(template, {"n": self.number(count), **values})

    def _filled(self, template: str, values: Mapping[str, object]) -> str:
        if not values:
            return template
        text = template.format(**{name: self._placed(value) for name, value in values.items()})
        return _DATIVE.sub(r"\1\2n", text) if self.language == "de" else text

    def _placed(self, value: object) -> str:
        """A value inside a message: numbers by locale, foreign letters kept in their direction."""
        if isinstance(value, (int, float)):
            return self.number(value)
        text = str(value)
        if self.direction == "rtl" and _ISOLATED.search(text) and not text.startswith(_FSI):
            return f"{_FSI}{text}{_PDI}"
        return text

    def digits(self, text: str) -> str:
        """The text with the digits of the language.

        >>> words_for("fa").digits("2026")
        '۲۰۲۶'
        """
        digits = _DIGITS.get(self.locale.default_numbering_system)
        return text.translate(str.maketrans("0123456789", digits)) if digits else text

    def sign(self, value: float, *, plus: bool = False) -> str:
        """A real minus, "" or, where asked for, a plus; kept on the left of its number."""
        sign = "−" if value < 0 else "+" if plus and value > 0 else ""
        return f"{_LRM}{sign}" if sign and self.direction == "rtl" else sign

    def number(self, value: float, digits: int | None = None) -> str:
        """Grouped by locale; without `digits` whole numbers stay whole, others keep one decimal.

        >>> words_for("en").number(12000), words_for("fa").number(2.25)
        ('12,000', '۲٫۲')
        """
        if digits is None:
            digits = 0 if abs(value - round(value)) < 0.05 else 1
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        if digits == 0:
            value = round(value)
        text = numbers.format_decimal(
            abs(value), format=pattern, locale=self.locale, numbering_system="default"
        )
        return self.sign(value) + self.digits(text)

    def plain(self, value: float) -> str:
        """As many decimals as the value has, six digits at most.

        >>> words_for("de").plain(4.75), words_for("de").plain(5.0)
        ('4,75', '5')
        """
        return self.number(value, len(f"{value:g}".partition(".")[2]))

    def percent(self, share: float, digits: int = 0, *, plus: bool = False) -> str:
        """A share of 1 in percent.

        >>> words_for("en").percent(-0.052, 1), words_for("fa").percent(0.5)
        ('−5.2\\xa0%', '۵۰٪')
        """
        whole = "0" + ("." + "0" * digits if digits else "")
        pattern = (
            "#,##0\xa0%" if self.language == "en" else self.locale.percent_formats[None].pattern
        )
        text = numbers.format_percent(
            abs(round(100 * share, digits)) / 100,
            format=re.sub(r"[#0,.]+", f"#,##{whole}", pattern),
            locale=self.locale,
            numbering_system="default",
        )
        if self.locale.default_numbering_system == "arabext":
            text = text.replace("%", "٪")
        return self.sign(share, plus=plus) + self.digits(text)

    def money(self, amount: float, currency: str) -> str:
        """An amount with its currency; cents only where there are some.

        >>> words_for("en").money(4.95, "GBP"), words_for("de").money(60, "EUR")
        ('£4.95', '60\\xa0€')
        """
        pattern = self.locale.currency_formats["standard"].pattern
        is_whole = amount == round(amount)
        text = numbers.format_currency(
            amount, currency, format=pattern.replace(".00", "") if is_whole else pattern,
            locale=self.locale, currency_digits=not is_whole, numbering_system="default",
        )  # fmt: skip
        return self.digits(text)

    def date(self, when: str | datetime) -> str:
        """A date that no country misreads; text that is no ISO date comes back as it is.

        In Persian the day of the Iranian calendar comes first.
        """
        moment = _moment(when)
        if moment is None:
            return str(when)
        western = self.digits(dates.format_date(moment, "long", locale=self.locale))
        if self.language != "fa":
            return western
        year, month, day = iranian(moment)
        return self.digits(f"{day} {MONTHS[month - 1]} {year} ({western})")

    def time(self, when: str | datetime) -> str:
        """Date and time, with the zone named."""
        moment = _moment(when)
        if moment is None:
            return str(when)
        zone = moment.tzname() or ""
        return f"{self.date(moment)}, {self.digits(f'{moment:%H:%M}')} {zone}".strip()

    def country(self, code: str) -> str:
        """A country's name; the code itself where CLDR has none.

        >>> words_for("fr").country("DE"), words_for("fr").language_name("de")
        ('Allemagne', 'allemand')
        """
        return str(self.locale.territories.get(code.upper(), code))

    def language_name(self, code: str) -> str:
        return str(self.locale.languages.get(code.lower(), code))

    def list(self, items: Iterable[str]) -> str:
        """Items as people say them.

        >>> words_for("en").list(["a", "b", "c"]), words_for("de").list(["a", "b"])
        ('a, b and c', 'a und b')
        """
        return str(lists.format_list([self._placed(item) for item in items], locale=self.locale))


def _moment(when: str | datetime) -> datetime | None:
    if isinstance(when, datetime):
        return when
    try:
        return datetime.fromisoformat(when)
    except ValueError:
        return None


@cache
def words_for(language: str) -> Words:
    """The words of a language of LANGUAGES; ConfigError names them all where it is none."""
    if language not in LANGUAGES:
        raise ConfigError(
            f"report_language {language!r} is unknown; choose one of {', '.join(LANGUAGES)}"
        )
    messages, plural_form = _catalog(CATALOGS / f"{language}.po")
    return Words(language, Locale.parse(_LOCALES.get(language, language)), messages, plural_form)


def _catalog(path: Path) -> tuple[dict[str, tuple[str, ...]], Callable[[int], int]]:
    """Messages by their English, and which form a count takes; English has no file."""
    if not path.exists():
        return {}, lambda n: int(n != 1)
    with path.open("rb") as file:
        catalog = read_po(file)
    messages = {}
    for message in catalog:
        if message.id and message.string and not message.fuzzy:
            one = message.id if isinstance(message.id, str) else message.id[0]
            forms = (message.string,) if isinstance(message.string, str) else message.string
            if any(forms):
                messages[one] = tuple(forms)
    return messages, gettext.c2py(catalog.plural_expr)


ENGLISH = words_for("en")

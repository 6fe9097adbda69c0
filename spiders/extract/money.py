"""Amounts of money in text with their currency: €49,90, 50 EUR, $1,000, 499 kr."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Amount", "amounts"]

_SYMBOLS = {
    "€": "EUR", "$": "USD", "£": "GBP", "₹": "INR", "¥": "JPY", "₺": "TRY", "₽": "RUB",
    "₴": "UAH", "₪": "ILS", "₩": "KRW", "₫": "VND", "₱": "PHP", "฿": "THB", "₦": "NGN",
    "₮": "MNT", "zł": "PLN", "kč": "CZK", "ft": "HUF", "lei": "RON", "лв": "BGN", "руб": "RUB",
    "грн": "UAH", "kr": "SEK", "r$": "BRL", "a$": "AUD", "au$": "AUD", "c$": "CAD", "ca$": "CAD",
    "nz$": "NZD", "us$": "USD", "s$": "SGD", "hk$": "HKD", "rs": "INR", "rs.": "INR", "rp": "IDR",
    "rm": "MYR", "fr.": "CHF", "euro": "EUR", "euros": "EUR", "dollars": "USD", "円": "JPY",
    "元": "CNY", "원": "KRW", "tl": "TRY", "kr.": "DKK", "sfr.": "CHF",
}  # fmt: skip
_CODES = (
    "eur usd gbp inr jpy chf sek nok dkk pln czk huf ron bgn try rub uah ils cad aud nzd brl mxn "
    "zar kes tzs ngn aed sar egp sgd hkd cny krw thb idr myr php vnd mnt ars clp cop pkr bdt lkr"
).split()
# The longest first, that `us$` is not read as `$`.
_UNIT = "|".join(sorted(map(re.escape, [*_SYMBOLS, *_CODES]), key=len, reverse=True))
_DECIMAL = r"(?:[.,][0-9]{1,2}(?![0-9])|,-)?"
_NUMBER = rf"[0-9]{{1,3}}(?:[.,' \u00a0\u202f][0-9]{{3}}){{0,3}}{_DECIMAL}|[0-9]{{1,7}}{_DECIMAL}"
_AMOUNT = re.compile(
    rf"(?<![\w.,])(?P<before>{_UNIT})\s?(?P<a>{_NUMBER})|"
    rf"(?<![\w.,])(?P<b>{_NUMBER})\s?(?P<after>{_UNIT})(?!\w)",
    re.IGNORECASE,
)


class Amount(NamedTuple):
    """`value` in `currency` (ISO 4217) at `start`..`end` of the text."""

    value: float
    currency: str
    start: int
    end: int


# What a sign means where the language has its own currency.
_LOCAL = {("kr", "da"): "DKK", ("kr", "nb"): "NOK", ("kr.", "da"): "DKK", ("kr.", "nb"): "NOK"}
_LOCAL |= {("kr.", "sv"): "SEK", ("¥", "zh"): "CNY", ("kr", "is"): "ISK", ("rs", "ur"): "PKR"}


def amounts(text: str, languages: tuple[str, ...] = ()) -> list[Amount]:
    """The amounts of a sentence; meant for short texts.

    >>> [a[:2] for a in amounts("ab 49,90 € oder $1,000.50")]
    [(49.9, 'EUR'), (1000.5, 'USD')]
    """
    found = []
    for match in _AMOUNT.finditer(text[:1_000]):
        unit = (match["before"] or match["after"]).lower()
        local = next((c for code in languages if (c := _LOCAL.get((unit, code)))), None)
        currency = local or _SYMBOLS.get(unit, unit.upper())
        found.append(Amount(_value(match["a"] or match["b"]), currency, *match.span()))
    return found


def _value(written: str) -> float:
    """A number of any locale: the last separator with one or two digits behind is the decimal."""
    plain = re.sub(r"[' \u00a0\u202f]|,-$", "", written)
    if decimal := re.search(r"[.,](\d{1,2})$", plain):
        whole = re.sub(r"[.,]", "", plain[: decimal.start()])
        return float(f"{whole}.{decimal[1]}")
    return float(re.sub(r"[.,]", "", plain))

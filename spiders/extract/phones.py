"""Phone numbers of a page as E.164: links, markup, and text where a mark says that it is one."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, ValidationResult

from crawler.items import Channel
from spiders.extract.channels_links import schemed
from spiders.extract.channels_rows import lists, mapping
from spiders.extract.channels_structured import businesses, texts
from spiders.extract.emails import near_strangers
from spiders.extract.literals import Literals
from spiders.extract.policies_rows import lowered
from spiders.extract.words import normalize, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spiders.extract.page import ParsedPage

__all__ = ["find_phones", "phone"]

MAX_NUMBERS = 400  # digit runs of one page that are looked at; a list of branches has some hundred
MAX_ICON_LOOKS = 8  # searches of the source for an icon before a number without any mark
_RUN = re.compile(r"[+(0-9][0-9 \u00a0\u2009().\-/\u2010-\u2014\u2212]{5,40}")
_SPLIT = re.compile(
    r"\s?\(24/7|\s24/7|\s[/|\u2010-\u2014-]\s|\s{2,}|/(?=\s?\+)"
    r"|(?<=\d)\s(?=\+)|(?<=\d)\s(?=\(?00[1-9]\d)"
)
_FRENCH = re.compile(r"0[1-9](?:[ .\u00a0]\d\d){4}")
_NORTH_AMERICAN = re.compile(r"\(?[2-9]\d{2}\)?[ .-]{1,2}[2-9]\d{2}[ .-]\d{4}")
_DATE = re.compile(
    r"(?:19|20)\d\d[-./](?:0?[1-9]|1[0-2])[-./](?:[0-2]?\d|3[01])\b"
    r"|(?:[0-2]?\d|3[01])[-./](?:0?[1-9]|1[0-2])[-./](?:19|20)\d\d\b"
)
_WORD = re.compile(r"[^\W\d_]+")
_LETTER = re.compile(
    r"(?:(?:^|[\s|,;/(])(?P<dotted>[TPMFtpmf])\s?[.:]\s{0,2}|[|·•]\s?(?P<parted>[TPMF])\s)\(?$"
)
_SYMBOLS = "☎✆📞📱☏🕿🤙"
_APP_TLDS = frozenset("io co ai me tv cc ly to gg fm am is sh so ac la ws nu tk ml ga".split())
# Words that say that the digits behind them are something else.
_OTHER = frozenset(
    "vat iban bic order invoice isbn issn ean sku ref reference hrb hrb nr no number id ustid "
    "ust steuernummer siret siren rcs kvk btw cif nif nip regon krs gstin cin abn acn ein "
    "account konto bestellnummer artikelnummer license licence patent version copyright "
    "gst pan uid handelsregister registration reg cnpj cpf inn ogrn kpp bank blz swift "
    "zip plz iva piva nit rfc ruc cuit".split()
)


def find_phones(page: ParsedPage) -> list[Channel]:
    """Each number once, in E.164, its country as detail; fax numbers are left out."""
    found: dict[str, Channel] = {}
    guess = _Guess(page)
    for number, excerpt in [*_linked(page, guess), *_in_text(page, guess)]:
        value = f"+{number.country_code}{phonenumbers.national_significant_number(number)}"
        if value not in found:
            found[value] = Channel("phone", value, _region_of(value), excerpt)
    return list(found.values())


@lru_cache(maxsize=4_096)
def phone(text: str, regions: tuple[str, ...], *, is_given: bool) -> PhoneNumber | None:
    """The number in `text`, valid in the first fitting region.

    `is_given` numbers (a tel: link) need only be possible: a site may give made-up ones.

    >>> phone("030 901820", ("DE",), is_given=False).national_number
    30901820
    >>> phone("123 456", ("DE",), is_given=False) is None
    True
    """
    text = _international(text)
    if text.startswith("+"):
        number = _parse(text, None)
        if number and (phonenumbers.is_valid_number(number) or (is_given and _is_possible(number))):
            return number
        return None
    tried = [n for region in regions if (n := _parse(text, region))]
    for number in tried:
        if phonenumbers.is_valid_number(number):
            return number
    if not is_given or _is_made_up(text):
        return None
    whole = _parse("+" + text, None) if len(text) >= 11 and text[0] != "0" else None
    if whole and phonenumbers.is_valid_number(whole):
        return whole
    return next((n for n in tried if _is_possible(n)), None)


def _international(text: str) -> str:
    text = text.translate(_PLAIN).strip()
    digits = re.sub(r"\(0\)", "", text) if "+" in text or text.startswith("00") else text
    bare = "".join(c for c in digits if c.isdigit())
    if "+" in text[:3]:
        return "+" + bare
    return "+" + bare[2:] if bare.startswith("00") and len(bare) > 10 else bare


_PLAIN = str.maketrans({"\u2212": "-", "\u00a0": " ", "\u2013": "-", "\u2014": "-", "＋": "+"})


def _parse(text: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except NumberParseException:
        return None


def _is_possible(number: PhoneNumber) -> bool:
    reason = phonenumbers.is_possible_number_with_reason(number)
    return bool(reason == ValidationResult.IS_POSSIBLE)


def _is_made_up(text: str) -> bool:
    """1234567890, 0000000000: without a country code it is nobody's number."""
    digits = text.lstrip("+")
    return digits in "01234567890123456789" or digits in "9876543210" or len(set(digits)) <= 2


@lru_cache(maxsize=4_096)
def _region_of(value: str) -> str | None:
    number = phonenumbers.parse(value, None)
    return phonenumbers.region_code_for_number(number) or _country(number)


def _country(number: PhoneNumber) -> str | None:
    codes = phonenumbers.region_codes_for_country_code(number.country_code or 0)
    return codes[0] if codes and codes[0] != "001" else None


# --- where a number without country code may lie ----------------------------------------------


class _Guess:
    """Regions of a page, worked out when the first national number asks."""

    def __init__(self, page: ParsedPage) -> None:
        self._page = page
        self._codes: tuple[str, ...] | None = None
        self.looks = MAX_ICON_LOOKS

    @property
    def codes(self) -> tuple[str, ...]:
        if self._codes is None:
            self._codes = _regions(self._page)
        return self._codes


def _regions(page: ParsedPage) -> tuple[str, ...]:
    codes = [*_domain_region(page.url), *_stated_regions(page)]
    declared = _declared_regions(page)
    if not codes and declared in ([], ["US"]):
        codes += _text_regions(page)
    codes += declared
    codes.append(mapping("language_countries").get(page.language or "en", "US"))
    return tuple(dict.fromkeys(codes))[:3]


def _domain_region(url: str) -> list[str]:
    try:
        tld = (urlsplit(url).hostname or "").rpartition(".")[2]
    except ValueError:
        return []
    if tld == "uk":
        return ["GB"]
    code = tld.upper()
    known = len(tld) == 2 and tld not in _APP_TLDS and code in phonenumbers.SUPPORTED_REGIONS
    return [code] if known else []


def _declared_regions(page: ParsedPage) -> list[str]:
    """The region in `lang="en-IN"` or og:locale; templates carry en-US, so text comes first."""
    found = []
    locale = page.tree.css_first('[property="og:locale"]') if b"og:locale" in page.source else None
    for node, attribute in ((page.tree.css_first("html"), "lang"), (locale, "content")):
        value = (node.attributes.get(attribute) or "") if node else ""
        code = value.replace("_", "-").rpartition("-")[2].upper()
        if len(code) == 2 and "-" in value.replace("_", "-") and code in _supported():
            found.append(code)
    return found


@cache
def _supported() -> frozenset[str]:
    return frozenset(phonenumbers.SUPPORTED_REGIONS)


_COUNTRY_CODE = re.compile(r"\+([1-9]\d{0,2})(?=[ \u00a0().\-/\d])")


def _stated_regions(page: ParsedPage) -> list[str]:
    """Countries of the page's own numbers with a country code, the most frequent first."""
    seen: dict[str, int] = {}
    for match in list(_COUNTRY_CODE.finditer(page.text))[:50]:
        for length in (1, 2, 3):
            codes = phonenumbers.region_codes_for_country_code(int(match[1][:length]))
            if codes and codes[0] != "001":
                seen[codes[0]] = seen.get(codes[0], 0) + 1
                break
    return sorted(seen, key=lambda code: -seen[code])


def _text_regions(page: ParsedPage) -> list[str]:
    """Countries that the text names or whose currency it uses, the most frequent first."""
    text = lowered(page.text)
    if len(text) > 5_000:  # addresses stand in headers and footers
        text = text[:1_500] + text[-3_500:]
    signs_there = _countries().places(text)
    seen = {
        code: sum(text.count(sign) for sign in signs if sign in signs_there)
        for code, signs in lists("countries").items()
    }
    return sorted((c for c, n in seen.items() if n), key=lambda code: -seen[code])[:2]


@cache
def _countries() -> Literals:
    return Literals(sign for signs in lists("countries").values() for sign in signs)


# --- links and markup --------------------------------------------------------------------------


def _linked(page: ParsedPage, guess: _Guess) -> Iterator[tuple[PhoneNumber, str]]:
    links = schemed(page)
    given = [*links.get("tel", ()), *links.get("callto", ()), *links.get("", ())]
    for rest, node in given[:MAX_NUMBERS]:
        shown = " ".join(node.text().split())[:60]
        target = re.split(r"[;,?]|ext", unquote(rest))[0]
        if "@" in target or _is_fax(page, shown, node.attributes):
            continue
        if (number := _best(target, shown, guess)) and not _is_strange(page, shown):
            yield number, shown or target
    for business in businesses(page):
        for value in texts(business, "telephone"):
            if number := _best(value, "", guess):
                yield number, value


def _is_strange(page: ParsedPage, shown: str) -> bool:
    """Whether a linked number stands by the address of another firm of a list of such."""
    at = page.text.find(shown) if len(shown) > 6 else -1
    return at >= 0 and near_strangers(page, at, at + len(shown))


def _best(target: str, shown: str, guess: _Guess) -> PhoneNumber | None:
    """The number of a link; what it shows decides when that is complete and the target is not."""
    if "+" in shown and "+" not in target and (run := _RUN.search(shown)):
        number = phone(run[0], guess.codes, is_given=True)
        if number:
            return number
    digits = sum(c.isdigit() for c in target)
    if not 6 <= digits <= 17:
        return None
    regions = () if "+" in target[:4] else guess.codes
    return phone(target, regions, is_given=True)


def _is_fax(page: ParsedPage, shown: str, attributes: dict[str, str | None]) -> bool:
    own = f"{shown} {attributes.get('title')} {attributes.get('class')}".lower()
    if "fax" in own:
        return True
    at = page.text.find(shown) if len(shown) > 6 else -1
    return at > 0 and _mark(page.text[max(0, at - 30) : at]) == "fax"


# --- text --------------------------------------------------------------------------------------


def _in_text(page: ParsedPage, guess: _Guess) -> Iterator[tuple[PhoneNumber, str]]:
    text = _western(page)
    looked = 0
    for run in _RUN.finditer(text):
        raw = run[0]
        if _is_part(text, run.start(), run.end()) or len(raw.translate(_JOINTS)) < 7:
            continue
        looked += 1
        if looked > MAX_NUMBERS:
            return
        for part, offset in _parts(raw):
            at = run.start() + offset
            number = _from_text(page, part, at, guess)
            if number and not near_strangers(page, at, at + len(part)):
                yield number, text[max(0, at - 40) : at + len(part)].strip()


# Arabic, Persian, Devanagari, Bengali, Gujarati
_ZEROS = (0x660, 0x6F0, 0x966, 0x9E6, 0xAE6)
_DIGITS = {zero + value: str(value) for zero in _ZEROS for value in range(10)}
_OWN_DIGITS = frozenset("ar fa ur ckb ku ps hi mr ne bn gu".split())


def _western(page: ParsedPage) -> str:
    """The text with digits 0-9, character for character."""
    return page.text.translate(_DIGITS) if page.language in _OWN_DIGITS else page.text


_JOINTS = dict.fromkeys(map(ord, "+( ).-/\u00a0\u2009\u2010\u2011\u2012\u2013\u2014\u2212"))


def _is_part(text: str, start: int, end: int) -> bool:
    """Whether the digits go on in a word, a price, a code."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if before and (before.isalnum() or before in "_#=$€£₹@&%.,-/"):
        return True
    return text[end - 1].isdigit() and (
        (after.isalnum() and after.isascii()) or after in ("%", "€")
    )


_FEWEST = 6  # digits of a number without its area code


def _parts(raw: str) -> Iterator[tuple[str, int]]:
    """Numbers that stand one after the other in a run of digits, with their offsets."""
    start = 0
    for cut in [*_SPLIT.finditer(raw), None]:
        if cut and "/" in cut[0] and sum(map(str.isdigit, raw[start : cut.start()])) < _FEWEST:
            continue  # an area code: 040 / 30 90 18
        part = raw[start : cut.start() if cut else len(raw)]
        if 7 <= sum(map(str.isdigit, part)) <= 16:
            lead = len(part) - len(part.lstrip(" ).-/"))
            yield part[lead:].rstrip(" (.-/"), start + lead
        start = cut.end() if cut else start


def _from_text(page: ParsedPage, raw: str, at: int, guess: _Guess) -> PhoneNumber | None:
    if _DATE.match(raw):
        return None
    before = page.text[max(0, at - 48) : at]
    mark = _mark(before)
    if mark in ("fax", "other"):
        return None
    if raw.lstrip("(").startswith("+"):
        number = phone(raw, (), is_given=mark == "phone")
        return None if number and mark is None and _is_quoted(page, raw) else number
    if mark == "phone" or raw.startswith("00"):
        return phone(raw, guess.codes, is_given=False)
    if _NORTH_AMERICAN.fullmatch(raw) and not set(guess.codes[:3]).isdisjoint(("US", "CA")):
        return phone(raw, ("US",), is_given=False)
    if _FRENCH.fullmatch(raw) and "FR" in guess.codes[:3]:
        return phone(raw, ("FR",), is_given=False)
    if raw[0] in "0(" and _is_near_address(page.text, at, len(raw)):
        return phone(raw, guess.codes, is_given=False)
    if guess.looks > 0 and _has_icon(page, raw):
        return phone(raw, guess.codes, is_given=False)
    guess.looks -= 1
    return None


def _mark(before: str) -> str | None:
    """What the words before a number say it is: phone, fax, other; the nearest decides."""
    if any(symbol in before[-6:] for symbol in _SYMBOLS):
        return "phone"
    if letter := _LETTER.search(before):
        return "fax" if (letter["dotted"] or letter["parted"]) in "Ff" else "phone"
    tail, fax, phones = normalize(before), words("fax"), words("phone")
    for word in reversed(_WORD.findall(tail)):
        if word in fax:
            return "fax"
        if word in phones:
            return "phone"
        if word in _OTHER and word not in ("no", "nr", "number", "reg"):
            return "other"
    return "phone" if _long_marks().places(tail) else None


@cache
def _long_marks() -> Literals:
    """Marks of several words, and those of scripts that do not part their words."""
    return Literals(w for w in words("phone") if " " in w or (not w.isascii() and len(w) < 7))


def _is_quoted(page: ParsedPage, raw: str) -> bool:
    return any(raw in node.text() for node in page.tree.css("pre, code, samp, kbd")[:200])


def _has_icon(page: ParsedPage, raw: str) -> bool:
    """Whether the markup just before the number draws a phone, as icon fonts do."""
    at = page.source.find(raw.encode())
    return at >= 0 and bool(_ICON.search(page.source[max(0, at - 220) : at].lower()))


_ICON = re.compile(rb"phone|fa-mobile|icon-tel|[\"' -]tel[\"' -]|icon-call|whatsapp")


def _is_near_address(text: str, at: int, length: int) -> bool:
    """Whether an e-mail address or a fax number stands beside, as in blocks of contact data."""
    around = text[max(0, at - 60) : at] + " " + text[at + length : at + length + 70]
    return "@" in around or "fax" in around.lower()

"""What analysis and spiders wrote in English, said in the report's language.

The database holds sentences with their numbers in them. Each is recognized by the template it was
made from, its numbers are read out and put into the translated template. What no template fits is
left as it is: a page's own words, an error of a library, an analyst's note.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from analysis import chat_quality, faq_quality
from analysis.gaps import plays
from analysis.metrics import METRICS
from analysis.surveys import SURVEYS
from analysis.swot_rules import SWOT_RULES
from reports import labels
from reports.locale import words_for
from reports.units import UNITS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.locale import Words

__all__ = ["COUNTED", "PHRASES", "TERMS", "noted", "said"]

# What is looked for on a site, as reasons name it.
_WHATS = (
    *("FAQ", "help or FAQ page", "way to contact the brand", "phone number", "e-mail address"),
    *("contact", "opening hours", "chat", "messenger", "reply time", "reviews", "languages"),
    *("terms of return or cancellation", "time to return", "cost of returns", "delivery terms"),
    *("delivery time", "warranty", "social profile"),
)
# Themes as sentences of the SWOT name them.
_THEMES = (
    *("delivery", "returns and refunds", "how fast support answers", "how well support helps"),
    *("price and value", "product quality", "ease of use", "ordering and checkout"),
    *("billing and payment", "accounts and subscriptions", "setup and first steps"),
    *("being kept informed",),
)
_OTHER_TERMS = (
    *("e-mail", "contact form", "phone", "none of them", "no chat", "no FAQ", "none", "yes", "no"),
    *("no mystery visit", "the pages read show no replies to reviews", "all languages"),
    *("all criteria passed", "not observed", "no contact on the FAQ page", "not known"),
    *("read on the brand's own pages, which choose what they show",),
    *("no brand of the market has it", "no way to contact the brand was found"),
    *("a time to answer is stated, but not for customers' questions", "calendar days"),
    *("no reply time is stated", "no reviews were recognized on the pages read"),
    *("nothing is said about what a return costs", "the study names no language"),
    *("too little text was read to tell the language", "no page was fetched"),
    *("search volumes unknown: every keyword weighs 1", "all search volumes are 0"),
    *("the FAQ's page is not among the pages read", "the click curve"),
    *("a protection service asks for a browser check", "blocked by a protection service"),
    *("a protection service asks for a captcha", "it is not among the results"),
    *("no reason given", "no review speaks of it", "only 1 review speaks of it", "challenge page"),
    *("we have it now", "we still do not have it", "our method changed", "we are not in it"),
    *("too few competitors were measured", "the network is off", "both other brands do"),
    *("known and wanted, but the budget of the site was used up", "out of the page budget"),
    *("no criterion of the rubric could be observed", "DuckDuckGo refused to answer"),
    *("to read the chat", "its scripts", "a tag manager", "a late loader", "a consent wall"),
    *("empty without scripts", "no page needed a browser"),
    *("a form", "a login", "a bot", "ignored"),
    *("no way to a person was found on pages whose clicks are known",),
    *("only a search result led to a contact, so its way is not known",),
)
# Names that are the same in every language.
_NAMES = frozenset(
    ("WhatsApp", "Telegram", "Messenger", "Viber", "LINE", "WeChat", "Signal", "KakaoTalk", "SMS")
)
# What brand_classes.toml says of kinds of sites.
_MEANINGS = (
    "a marketplace where many sellers offer their goods",
    "a review or comparison site: it rates companies and sells none of this itself",
    "a publisher: it writes about the market and sells none of this itself",
    "a social network, forum or question site: its members wrote what ranks there",
    "a code or package host: what ranks are projects of its members",
    "a work of reference: an encyclopedia, dictionary, standard or archive",
    "a platform maker's search, support or documentation pages",
)
# Templates of analysis and crawler. `n`, `all`, `part`, `least` and `rank` are counts, `brand` and
# `rival` domains, `what` is of _WHATS, `theme` of _THEMES, `meaning` of _MEANINGS, `pages` a count
# of pages, `clicks` one of clicks, `text` and what begins with it is quoted and never translated;
# all others are said in turn.
_SENTENCES = (
    # values
    "{value} of 5 stars",
    "{value} of 100",
    "at least {amount}",
    # gaps and goals
    "{label}: not found on our {pages} read; most of {all} competitors have it.",
    "{label}: not found on our {pages} read; some of {all} competitors have it.",
    "{label}: {own} against a median of {median} ({n} competitors); best is {rival} with {best}.",
    "By {date}, {goal}.",
    # what became of earlier gaps
    "{label}: cannot be compared: {why}.",
    "{label}: {state}; {moved}. The target of {target} is reached.",
    "{label}: {state}; {moved}. The target of {target} is not reached.",
    "{label}: {state}; {moved}.",
    "{moved}; within chance (p = {text})",
    "our value {own}, the market's median {median}",
    "stays at {value}",
    "went from {before} to {after}",
    "we were not measured ({why})",
    "only {share} of where it would be was read",
    "of {all} competitors measured then, {n} are measured now",
    # what others do
    "none of the {n} other brands does",
    "all {n} other brands do",
    "only {part} of the {n} other brands do",
    "only {part} of the {n} other brands does",
    "{part} of the {n} other brands do",
    "{part} of the {n} other brands does",
    # themes
    "Customers praise {theme} at {brand}: {part} of {n} reviews that speak of it are positive "
    "(net {value}).",
    "Customers criticize {theme} at {brand}: {part} of {n} reviews that speak of it are negative "
    "(net {value}).",
    "Customers of {all} other brands are unhappy with {theme}: {part} of {n} reviews that speak "
    "of it are negative (net {median}); {brand} can stand out here.",
    "{rival} is praised for {theme} (net {best}, {n} reviews), {brand} is not (net {value}).",
    "{part} of {n} reviews about {theme} complain, and the FAQ of {brand} has no question on it.",
    # promises
    "it says “{text}”, {experience}",
    "only {n} reviews speak of it",
    "{part} of {n} reviews that speak of it complain",
    "{part} of {n} reviews that speak of it are positive",
    "{part} of {n} test questions answered within that time",
    "{experience}, median {value} hours",
    "{experience}, {n} never answered",
    "{experience} (a verdict needs {least})",
    "Reply within {value}",
    # why there is no number
    "{what}: none on the {pages} read",
    "{what}: {why}",
    "at least: {why}",
    "known from static pages only; {why}",
    "no {what} is stated",
    "no search was answered: {why}",
    "{n} FAQ entries; at least {least} are needed",
    "{n} answers on the page; at least {least} are needed",
    "{n} pages looked at; at least {least} are needed",
    "{n} mystery questions, none answered",
    "{n} reviews speak of it; at least {least}",
    "{n} reviews; at least {least}",
    "{n} ratings; at least {least}",
    "{n} scored reviews; at least {least}",
    "{n} dated reviews; at least {least}",
    "{part} starred reviews with the theme and {n} without",
    "no sign that the brand ships goods, so no {what} expected",
    "{what}: {text} may hold them, but no fact was told from it",
    "newest of {date}",
    "not passed: {failed}",
    "the start page could not be read: {why}",
    "{why}, so what is there was not seen",
    "most pages could not be read: {why}",
    "only 1 page was read",
    "only {n} pages were read",
    "{n} pages were read and all seem to need a browser",
    "{n} pages were read, none of them about it, and more are known",
    "{pages} blocked",
    "{pages} disallowed by robots.txt",
    "{pages} out of the page budget",
    "{pages} timed out",
    "{pages} failed",
    "{pages} too large",
    "{pages} too complex",
    "{pages} refused",
    "{why} ({cause})",
    "not seen in full: {names}",
    "without {names}",
    "no score in {names}",
    "the weight of {name}",
    # ways to a person
    "{way}: {clicks}",
    "{way}: {clicks}, then {hurdle}",
    "{way}: {clicks}, then {hurdle} and {second}",
    # the rubric of FAQs
    "{n} of {all} entries have their answer there",
    "{n} of {all} entries are questions",
    "{n} of {all} entries are marked up",
    "{n} of {all} core topics",
    "{n} answers name a date",
    "median answer of {n} words",
    "{n} of {all} how-answers give steps",
    "reading ease {n} ({text})",
    "{value} away",
    "missing in {text}",
    # why a brand is compared or set aside
    "{brand} is the study's own brand",
    "{brand} ranks with its own offer",
    "visibility {share} on {keywords}: one of the {n} most visible rivals",
    "visibility {share} on {keywords}: not one of the {n} most visible rivals",
    "the analyst set it to {role}: {text}",
    "{brand} compares or rates others by its name and what ranks",
    "{brand} is a newspaper or magazine by its name and what ranks",
    "{brand} is a public body or a school by its ending",
    "{brand}: its one result is a forum or community page",
    "{brand}: its one result is a wiki or dictionary page",
    "{brand}: its one result is a comparison, e.g. {text}",
    "{brand}: its one result is an article, e.g. {text}",
    "{brand}: each of its {n} results is a forum or community page",
    "{brand}: each of its {n} results is a wiki or dictionary page",
    "{brand}: each of its {n} results is a comparison, e.g. {text}",
    "{brand}: each of its {n} results is an article, e.g. {text}",
    "{brand} is a {kind}, as the own brand is",
    "{brand} is {meaning}",
    "set aside as {kind}",
    # visits
    "{n} of {all} pages could not be read",
    "opened {pages}",
    "opened {pages} ({cause})",
    "{n} left out, for other such pages gave nothing",
    "{n} missed on {part} sampled of {all} others",
    "{text_vendor} is on the static pages",
    "the site answers {n}",
    "not rendered: {cause}",
    # changes
    "{brand} is new among the brands compared.",
    "{brand} is no longer among the brands compared.",
    "{brand} added {things}: {text} and {n} more.",
    "{brand} removed {things}: {text} and {n} more.",
    "{brand} added a chat: {text}.",
    "{brand} removed its chat {text}.",
    "{brand} moved its chat from {text} to {text_after}.",
    "{brand} added {things}: {text}.",
    "{brand} removed {things}: {text}.",
    "{label} of {brand} went from {before} to {after}; our method changed (version {text} to "
    "{text_after}), so this says nothing about the brand.",
    "Visibility of {brand} rose from {before} to {after} on the same {n} keywords (threshold "
    "{least} points).",
    "Visibility of {brand} fell from {before} to {after} on the same {n} keywords (threshold "
    "{least} points).",
    "{label} of {brand} rose from {before} to {after} (n {part} and {n}; difference of two 95 % "
    "intervals, p = {text}).",
    "{label} of {brand} fell from {before} to {after} (n {part} and {n}; difference of two 95 % "
    "intervals, p = {text}).",
    # own numbers
    "only {n} answers: the interval says more than the number",
    "{part} of {n} were never answered and count in no percentile",
    "mean of {n} periods",
    "most frequent topic: {text}",
)
# What analysis writes where a page has no words to quote. Quotes themselves are left alone.
_NOTES = (
    "Read in full; no {what} on this page.",
    "Read; no answer to these questions on the pages read.",
    "Start page of the site found for {keywords}.",
    "Not among the results of {text_provider} for {text}.",
    "Rank {rank} for “{text}” ({text_provider}): {text_url}",
    "Mystery visits of the last year: {n} answered, {part} never.",
    "All checks of this page pass.",
    "Page in {tongue}: {text}",
    "{stars} of {all} from {n}",
)
# Counts with their nouns that stand inside sentences.
COUNTED = (
    *UNITS.values(),
    ("{n} page", "{n} pages"),
    ("{n} keyword", "{n} keywords"),
    ("{n} question", "{n} questions"),
    ("{n} phone number", "{n} phone numbers"),
    ("{n} e-mail address", "{n} e-mail addresses"),
    ("{n} messenger", "{n} messengers"),
    ("{n} statement of hours", "{n} statements of hours"),
    ("{n} promise of a reply time", "{n} promises of a reply time"),
    ("{n} term", "{n} terms"),
    ("{n} business day", "{n} business days"),
)


def _terms() -> Iterator[str]:
    """Everything without a number in it: names, labels, steps, formulas."""
    yield from (*_WHATS, *_THEMES, *_OTHER_TERMS)
    for metric in METRICS.values():
        yield from (metric.label, metric.formula)
    for play in plays().values():
        yield from (play.kpi, *play.steps)
    yield from (criterion.label for criterion in faq_quality.rubric())
    yield from (criterion.label for criterion in chat_quality.rubric())
    yield from _MEANINGS
    for survey in SURVEYS.values():
        yield from (survey.label, survey.scale_words)
        yield from (formula.definition for formula in survey.formulas)
    yield from (labels.label(key) for key in labels.SPOKEN_KEYS)


def _templates() -> Iterator[str]:
    yield from (*_SENTENCES, *_NOTES)
    yield from (rule.text for rule in SWOT_RULES if not (rule.metric or "").startswith("theme."))
    yield from (play.goal for play in plays().values() if "{" in play.goal)


_ALL_TERMS = tuple(
    dict.fromkeys((*_terms(), *(play.goal for play in plays().values() if "{" not in play.goal)))
)
# Said with a small first letter inside a sentence, by its label.
_LOWERED = {lowered: term for term in _ALL_TERMS if (lowered := labels.in_sentence(term)) != term}
TERMS = tuple(term for term in _ALL_TERMS if term not in _LOWERED)
PHRASES = tuple(dict.fromkeys(_templates()))

_COUNTS = ("n", "all", "part", "least", "rank", "market_n")
_DOMAINS = ("brand", "rival", "best_brand")


class _Phrase(NamedTuple):
    """`chunk` is the longest fixed piece, looked for before the expression is tried."""

    template: str
    chunk: str
    expression: re.Pattern[str]


def _phrase(template: str) -> _Phrase:
    pieces = re.split(r"\{(\w+)\}", template)
    expression, seen = "", set()
    for place, piece in enumerate(pieces):
        if place % 2 == 0:
            expression += re.escape(piece)
        elif piece in seen:
            expression += f"(?P={piece})"
        else:
            seen.add(piece)
            expression += f"(?P<{piece}>{_inside(piece)})"
    return _Phrase(template, max(pieces[::2], key=len), re.compile(expression, re.DOTALL))


def _inside(name: str) -> str:
    if name in _COUNTS:
        return r"\d[\d,]*"
    if name in _DOMAINS:
        return r"\S+?"
    if name in ("what", "theme"):
        return "|".join(re.escape(term) for term in (_WHATS if name == "what" else _THEMES))
    if name == "meaning":
        return "|".join(map(re.escape, _MEANINGS))
    if name in ("pages", "clicks"):
        return rf"\d[\d,]* {name[:-1]}s?"
    if name in ("hurdle", "second"):
        return "a form|a login|a bot"
    if name in ("way", "text_vendor"):
        return "[^:;]+"
    if name == "stars":
        return r"\d+(?:\.\d+)?"
    if name == "tongue":
        return "[a-z]{2,3}"
    if name == "cause":  # the last bracket, not all between the first and the last
        return r"(?:[^()]|\([^()]*\))+"
    return ".+?"


# The more fixed text, the surer the match.
_PATTERNS = sorted(
    (_phrase(template) for template in PHRASES),
    key=lambda phrase: -len(re.sub(r"\{\w+\}", "", phrase.template)),
)
_TONGUE = "{tongue}"  # a language's code, said by its name in English too
_NOTE_PATTERNS = tuple(_phrase(template) for template in _NOTES)
_DEEPEST = 5
_LONGEST = 2  # pieces of a list that one sentence of ours may take


def said(text: str, words: Words) -> str:
    """The sentence in the language of `words`; itself where it is none of ours.

    >>> said("3 of the 4 other brands do", words_for("en"))
    '3 of the 4 other brands do'
    """
    if words.language == "en":
        return _in_english(text, words)
    return _said(text, words.language) if text else text


def noted(excerpt: str, words: Words) -> str:
    """An excerpt that is a note of ours in the language of `words`; a quote as it is."""
    is_english = words.language == "en"
    for phrase in _NOTE_PATTERNS:
        if phrase.template not in words.messages and not (
            is_english and _TONGUE in phrase.template
        ):
            continue
        if match := phrase.expression.fullmatch(excerpt):
            return _filled(phrase.template, match.groupdict(), words, 0)
    return excerpt


_DATED = tuple(phrase for phrase in _PATTERNS if "{date}" in phrase.template)
_SIGNED = re.compile(r"(?<![\w.,+-])([+-])(\d[\d,]*(?:\.\d+)?)(?= points?\b)")


def _in_english(text: str, words: Words) -> str:
    """The sentence with its dates in words and a real minus before its points."""
    for phrase in _DATED:
        if phrase.chunk in text and (match := phrase.expression.fullmatch(text)):
            text = text.replace(match["date"], words.date(match["date"]), 1)
    return _SIGNED.sub(lambda m: words.sign(float(m[1] + _plain(m[2])), plus=True) + m[2], text)


def _plain(digits: str) -> str:
    return digits.replace(",", "")


@lru_cache(maxsize=50_000)
def _said(text: str, language: str) -> str:
    return _spoken(text, words_for(language), 0) or text


def _spoken(text: str, words: Words, depth: int) -> str | None:
    """None where nothing of it is known or translated."""
    whole = _one(text, words, depth)
    return _listed(text, words, depth) if whole is None else whole


def _one(text: str, words: Words, depth: int) -> str | None:
    """A term, a value or a sentence of ours; None where it is none of them, as a list is."""
    if depth > _DEEPEST:
        return None
    if (term := _term(text, words)) is not None:
        return term
    if (value := _value(text, words)) is not None:
        return value
    for phrase in _PATTERNS:
        if phrase.chunk not in text or phrase.template not in words.messages:
            continue
        if match := phrase.expression.fullmatch(text):
            return _filled(phrase.template, match.groupdict(), words, depth)
    return None


def _term(text: str, words: Words) -> str | None:
    if text in _NAMES:
        return words.t(text)
    if text in _TERM_SET:
        return words.t(text)
    if text in _LOWERED:
        return labels.in_sentence(words.t(_LOWERED[text]), words)
    key = text.replace(" ", "_")
    if key in labels.SPOKEN_KEYS:
        return labels.in_sentence(labels.label(key, words), words)
    for table in (labels.FOLLOW_UPS, labels.BRAND_KINDS, labels.PAGE_STATES):
        if text in table.values() or text in table:
            return words.t(table.get(text, text))
    return None


_TERM_SET = frozenset(TERMS)


def _filled(template: str, found: dict[str, str], words: Words, depth: int) -> str:
    values: dict[str, object] = {}
    for name, text in found.items():
        if name in _COUNTS:
            values[name] = int(text.replace(",", ""))
        elif name in _DOMAINS or name.startswith("text"):
            values[name] = text
        elif name == "date":
            values[name] = words.date(text)
        elif name == "tongue":
            values[name] = words.language_name(text)
        else:
            values[name] = _spoken(text, words, depth + 1) or text
    return words.t(template, **values)


def _listed(text: str, words: Words, depth: int) -> str | None:
    """A list whose items are all known; the mark between them is the language's own.

    Where only some are known, the others stay as they are between semicolons.
    """
    for separator in ("; ", ", "):
        if separator in text:
            items = _items(text, separator, words, depth)
            spoken = [item for item, whole in items if item is not None]
            if len(spoken) == len(items) or (separator == "; " and spoken):
                return words.t(separator).join(item or whole for item, whole in items)
    return None


def _items(text: str, separator: str, words: Words, depth: int) -> list[tuple[str | None, str]]:
    """(what it is called, the text) of each item; a sentence of ours may hold the separator."""
    pieces, items = text.split(separator), []
    while pieces:
        for length in range(min(len(pieces), _LONGEST), 0, -1):
            whole = separator.join(pieces[:length])
            spoken = _spoken if length == 1 else _one
            known = None if whole == text else spoken(whole, words, depth + 1)
            if known is not None or length == 1:
                items.append((known, whole))
                del pieces[:length]
                break
    return items


_NUMBER = re.compile(r"(?P<sign>[+−-]?)(?P<digits>\d[\d,]*(?:\.\d+)?)(?P<percent>[ \xa0]?%)?")


def _value(text: str, words: Words) -> str | None:
    """A number, a share, or a count with its noun."""
    match = _NUMBER.match(text)
    if match is None:
        return None
    digits = _plain(match["digits"])
    places = len(digits.partition(".")[2])
    value = float(digits) * (-1 if match["sign"] in ("-", "−") else 1)
    rest = text[match.end() :]
    plus = match["sign"] == "+"
    if match["percent"]:
        return None if rest else words.percent(value / 100, places, plus=plus)
    if not rest:
        return words.sign(value, plus=plus) + words.number(abs(value), places)
    for one, many in COUNTED:
        if rest in (one.removeprefix("{n}"), many.removeprefix("{n}")):
            shown = words.sign(value, plus=plus) + words.number(abs(value), places)
            return words.n(one, many, abs(value), n=shown)
    return None

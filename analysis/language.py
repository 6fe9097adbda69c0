"""Which language a text is in, also when it has three words.

The script decides first, then letters that only some languages write, then frequent words, and
only for longer Latin text a statistical model. What has no evidence takes the page's language; a
text like "ok" without a page is in no language we know: None.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from functools import cache

from analysis.phrases import rows_of

__all__ = ["COMMON", "RARER", "detect", "frequent_words", "primary_subtag"]

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_ADDRESS = re.compile(r"https?://\S+|\S+@\S+|[@#]\w+")
_READ_CHARACTERS = 600  # more adds time, not certainty
_MODEL_LETTERS = 24  # under this the model guesses (measured: "ok" -> af, "hello there" -> st)

_SCRIPTS: tuple[tuple[int, int, str], ...] = (
    (0x0370, 0x03FF, "el"),
    (0x0400, 0x052F, "cyrillic"),
    (0x0530, 0x058F, "hy"),
    (0x0590, 0x05FF, "he"),
    (0x0600, 0x077F, "arabic"),
    (0x08A0, 0x08FF, "arabic"),
    (0x0900, 0x097F, "devanagari"),
    (0x0980, 0x09FF, "bn"),
    (0x0A00, 0x0A7F, "pa"),
    (0x0A80, 0x0AFF, "gu"),
    (0x0B00, 0x0B7F, "or"),
    (0x0B80, 0x0BFF, "ta"),
    (0x0C00, 0x0C7F, "te"),
    (0x0C80, 0x0CFF, "kn"),
    (0x0D00, 0x0D7F, "ml"),
    (0x0D80, 0x0DFF, "si"),
    (0x0E00, 0x0E7F, "th"),
    (0x0E80, 0x0EFF, "lo"),
    (0x0F00, 0x0FFF, "bo"),
    (0x1000, 0x109F, "my"),
    (0x10A0, 0x10FF, "ka"),
    (0x1100, 0x11FF, "ko"),
    (0x1200, 0x139F, "ethiopic"),
    (0x1780, 0x17FF, "km"),
    (0x3040, 0x30FF, "ja"),
    (0x31F0, 0x31FF, "ja"),
    (0x3400, 0x4DBF, "han"),
    (0x4E00, 0x9FFF, "han"),
    (0xAC00, 0xD7AF, "ko"),
    (0xF900, 0xFAFF, "han"),
    (0xFB50, 0xFDFF, "arabic"),
    (0xFE70, 0xFEFF, "arabic"),
)
_ALIASES = {"nb": "no", "nn": "no", "iw": "he", "in": "id", "fil": "tl", "sh": "sr", "bs": "hr"}
# Latin languages that the model may name, and those only where the text is long enough to tell.
COMMON = tuple("en de fr es it pt nl sv da no fi pl cs sk hu ro tr id vi hr sl".split())
RARER = tuple("ca et lt lv ms sw tl af sq az eu gl is ga cy mt rw mg ht ku xh zu jv qu".split())
_RARER_LETTERS = 80
_MOST = 0.6  # of the words of three letters and more; chosen by eye
_NEARLY_ALL = 0.75  # the same; of 9,700 texts in nine other languages none is read as English


def primary_subtag(tag: str | None) -> str | None:
    """The language of a tag as pages write them, or None.

    >>> primary_subtag("pt_BR"), primary_subtag("nb-NO"), primary_subtag("x-default")
    ('pt', 'no', None)
    """
    found = re.match(r"\s*([A-Za-z]{2,3})(?:[-_.]|\s*$)", tag or "")
    if not found:
        return None
    subtag = found[1].lower()
    return _ALIASES.get(subtag, subtag)


def detect(text: str, hint: str | None = None) -> str | None:
    """The primary subtag of the language of `text`; `hint` is the language of its page.

    The hint speaks where the text does not; a text that clearly speaks wins against it.

    >>> detect("ok"), detect("ok", "de-AT"), detect("Der Versand war schnell", "en")
    (None, 'de', 'de')
    """
    page = primary_subtag(hint)
    text = text[:_READ_CHARACTERS]
    if "@" in text or "#" in text or "://" in text:
        text = _ADDRESS.sub(" ", text)
    if not text.isascii():
        script = _script(text)
        if script != "latin":
            return _in_script(script, text, page)
    return _latin(text, page)


def _rows() -> Mapping[str, Mapping[str, str]]:
    return rows_of("languages")


@cache
def frequent_words(language: str | None) -> frozenset[str]:
    """The words that carry a language and no topic: articles, pronouns, "very", "always"."""
    tables = ("words", "fillers")
    return frozenset(w for t in tables for w in _rows()[t].get(language or "", "").split())


@cache
def _votes(table: str) -> dict[str, tuple[str, ...]]:
    """Word or letter -> the languages that it speaks for."""
    voters: dict[str, list[str]] = {}
    for language, listed in _rows()[table].items():
        for unit in listed.split() if _is_of_words(table) else listed:
            voters.setdefault(unit, []).append(language)
    return {unit: tuple(languages) for unit, languages in voters.items()}


def _is_of_words(table: str) -> bool:
    return table.endswith("words")


def _script(text: str) -> str:
    """The script of most letters; kana make Japanese of Han."""
    counts: Counter[str] = Counter()
    for letter in text:
        code = ord(letter)
        if code < 0x0250:
            counts["latin"] += letter.isalpha()
            continue
        for low, high, script in _SCRIPTS:
            if low <= code <= high:
                counts[script] += 1
                break
    if counts["ja"] and counts["ja"] + counts["han"] >= counts["latin"]:
        # Bits of kana in a Chinese text are decoration, so a tenth is asked for.
        if counts["ja"] * 10 >= counts["han"]:
            return "ja"
        return "han"
    # One letter of a dense script says as much as three Latin ones (brand names stay Latin).
    dense = ("han", "ko", "th")
    ranked = [(n * (3 if s in dense else 1), s) for s, n in counts.items() if n]
    return max(ranked)[1] if ranked else "latin"


def _in_script(script: str, text: str, page: str | None) -> str | None:
    if script == "han":
        return "ja" if page == "ja" and len(text) < 12 else "zh"
    if script in ("arabic", "cyrillic"):
        votes = _count(_votes(script), text)
        if script == "cyrillic":
            votes += _count(_votes("cyrillic_words"), _WORD.findall(text.lower()))
        return _leader(votes, page, family=_rows()[script])
    if script in ("devanagari", "ethiopic"):
        words = _rows()[f"{script}_words"]
        votes = _count(_votes(f"{script}_words"), re.findall(r"[^\s\d.,!?।፡።]+", text))
        return _leader(votes, page, family=words) or next(iter(words))
    return script


def _count(voters: dict[str, tuple[str, ...]], units: str | list[str]) -> Counter[str]:
    votes: dict[str, int] = {}
    for unit in units:
        if unit in voters:
            for language in voters[unit]:
                votes[language] = votes.get(language, 0) + 1
    return Counter(votes)


def _leader(votes: Counter[str], page: str | None, family: Mapping[str, str]) -> str | None:
    """The language with most votes; the page's where it is level, then the first of the family."""
    if not votes:
        return page if page in family else next(iter(family))
    top = max(votes.values())
    leaders = [language for language in family if votes[language] == top]
    return page if page in leaders else leaders[0]


def _latin(text: str, page: str | None) -> str | None:
    words = _WORD.findall(text.lower().replace("’", "'"))
    votes = _count(_votes("words"), words)
    if not text.isascii():
        votes += _count(_votes("letters"), "".join(set(text.lower())))
    ranked = votes.most_common(2)
    best, count = ranked[0] if ranked else (None, 0)
    second = ranked[1][1] if len(ranked) > 1 else 0
    if count >= 3 and count >= 1.6 * second:
        return best
    if page and votes[page] == count and len(words) < 12:
        return page
    if page is None and _is_plain_english(words, votes, count):
        return "en"
    letters = sum(map(len, words))
    if letters >= _MODEL_LETTERS and len(words) >= 4:
        return _by_model(text, letters, votes, page)
    if count >= 1 and count > second and (len(words) <= 4 or count >= 2):
        return best if votes[best or ""] > votes[page or ""] + (page is not None) else page
    return page or _by_topic(words, votes)


def _by_topic(words: list[str], votes: Counter[str]) -> str | None:
    """The language whose words of customers ("broke", "Lieferung") the text has most of."""
    exact, stems, lengths = _topic_words()
    for word in words:
        speaking = set(exact.get(word, ()))
        for length in lengths:
            speaking.update(stems.get(word[:length], ()) if length <= len(word) else ())
        votes = votes + Counter(speaking)
    leaders = [language for language, n in votes.items() if n == max(votes.values())]
    if len(leaders) == 1:
        return "en" if _judges_in_english(words) else leaders[0]
    return _by_known_words(words) if not leaders or "en" in leaders else None


def _by_known_words(words: list[str]) -> str | None:
    """English where its model knows most of the words ("calculated swill"), else nothing."""
    known, told = _known_in_english(words)
    return "en" if known > _MOST * told else None


def _is_plain_english(words: list[str], votes: Counter[str], top: int) -> bool:
    """Whether English knows nearly all words, and no other language speaks clearly against it.

    "Give me a new password" has two words that are frequent in Spanish, too.
    """
    known, told = _known_in_english(words)
    if told < 3:
        return told == known == 2 and votes["en"] + _judges_in_english(words) >= top
    return known >= _NEARLY_ALL * told and votes["en"] + 2 >= top


def _judges_in_english(words: list[str]) -> bool:
    """Whether English knows the words, and one as a judgement: "Top app", but not "Bon prix"."""
    known, told = _known_in_english(words)
    return 0 < told == known and any(word in _english_judgements() for word in words)


def _known_in_english(words: list[str]) -> tuple[int, int]:
    """How many words of three letters and more English's model knows, and how many there are."""
    told = [word for word in words if len(word) > 2]
    known = _english_words()
    return sum(word in known for word in told), len(told)


@cache
def _english_words() -> Collection[str]:
    from analysis.sentiment_model import load  # noqa: PLC0415 - numpy and a model, 0.2 s

    return load().vocabulary.index


@cache
def _english_judgements() -> frozenset[str]:
    """Words of the two sentiment lists in the English model."""
    from analysis.sentiment_model import load  # noqa: PLC0415 - numpy and a model, 0.2 s

    listed = load().vocabulary
    judging = (listed.vader != 0) | (listed.textblob != 0)
    return frozenset(word for word, judges in zip(listed.words, judging, strict=True) if judges)


@cache
def _topic_words() -> tuple[dict[str, set[str]], dict[str, set[str]], tuple[int, ...]]:
    """Words, stems and the stems' lengths of the rows of themes and judgements, by language."""
    exact: dict[str, set[str]] = {}
    stems: dict[str, set[str]] = {}
    for name in ("themes", "judgements"):
        for language, table in rows_of(name).items():
            phrases = [row for rows in table.values() if isinstance(rows, list) for row in rows]
            for word in " ".join(phrases).replace("|", " ").split():
                if len(word) < 3:
                    continue
                (stems if word.endswith("*") else exact).setdefault(
                    word.removesuffix("*"), set()
                ).add(language)
    return exact, stems, tuple(sorted({len(stem) for stem in stems}))


def _by_model(text: str, letters: int, votes: Counter[str], page: str | None) -> str | None:
    """The model's word, among languages that the text's frequent words do not speak against."""
    among = [*COMMON, *RARER] if letters >= _RARER_LETTERS else COMMON
    guess = _most_likely(text, among)
    guess = _ALIASES.get(guess, guess)
    top = max(votes.values(), default=0)
    if top >= 2 and votes[guess] < top / 2:
        return page if page and votes[page] == top else votes.most_common(1)[0][0]
    return guess


def _most_likely(text: str, among: Collection[str]) -> str:
    from analysis.language_model import load  # noqa: PLC0415 - numpy and a model, 0.1 s

    return load().most_likely(text, among)

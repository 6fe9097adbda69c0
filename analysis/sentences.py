"""Cut a review into sentences, and a sentence into the clauses that may each judge differently."""

from __future__ import annotations

import re

__all__ = ["clauses", "split_sentences"]

_MAX_SENTENCE = 1000  # a text without an end in sight is cut at a space
_END = re.compile(
    r"""
    (?<=[.!?…])["'”’»)\]]*\s+(?=["'“‘«(\[¿¡]*[^\s"'“‘«(\[¿¡])   # an end, then something new
  | (?<=[。！？؟।።])["”’」』）)]*\s*                              # scripts that need no space
  | \s*[\r\n]+\s*                                              # a line is a sentence in reviews
  | \s+[•▪·*]\s+
    """,
    re.VERBOSE,
)
_ABBREVIATION = re.compile(
    r"""(?:^|[\s(])(?:
        (?:mr|mrs|ms|dr|st|sr|jr|inc|ltd|co|corp|vs|etc|approx|no|nr|tel|hr|fr|bzw|ca|ggf|usw|inkl|zzgl|evtl
        |env|dhr|mevr|art|pag|núm|sra|ud|uds|pzn|np|tzw)
        | (?:[a-zà-ÿ]\.)+[a-zà-ÿ]            # e.g, i.e, z.B, u.a
        | \d{1,2}                            # am 3. Mai
    )\.$""",
    re.IGNORECASE | re.VERBOSE,
)
_NUMBER_END = re.compile(r"\d\.$")
# Words after which a sentence may turn round, in the languages we read.
_TURN = re.compile(
    r"""
    \s*[;–—]\s*|\s+-+\s+|\s*\.{2,}\s*
  | [,\s]+(?=(?:but|however|although|though|yet|except|whereas|unfortunately|sadly|luckily
        |aber|jedoch|obwohl|allerdings|leider|sondern
        |maar|echter|hoewel|helaas
        |mais|cependant|pourtant|malheureusement|toutefois|même\ si|bien\ que
        |pero|aunque|sin\ embargo|lamentablemente|desgraciadamente
        |mas|porém|contudo|embora|infelizmente
        |ma|però|tuttavia|purtroppo|anche\ se|sebbene
        |jednak|niestety|dock|desværre|dessverre|tyvärr|mutta|azonban|fakat|tapi|namun
        |но|однако|але|проте|lakini)\b)
  | (?:，|、)?(?=但是|但|不过|可是|然而|ただし|しかし)
  | (?<=が)、|(?<=けど)、
    """,
    re.IGNORECASE | re.VERBOSE,
)


def split_sentences(text: str) -> list[str]:
    """The sentences in order, trimmed, none empty; joined they are the text but for space.

    >>> split_sentences("Dr. Lee was kind! I paid 3.50 e.g. for tea... and left.")
    ['Dr. Lee was kind!', 'I paid 3.50 e.g. for tea... and left.']
    """
    sentences: list[str] = []
    start = 0
    for end in _END.finditer(text):
        piece = text[start : end.end()]
        if _goes_on(piece.rstrip(), text, end.end()):
            continue
        start = _add(sentences, piece, end.end())
    _add(sentences, text[start:], len(text))
    return sentences


def clauses(sentence: str) -> list[str]:
    """The parts of a sentence between which the judgement may turn ("good, but slow").

    >>> clauses("The shoes are great but the delivery took two weeks")
    ['The shoes are great', 'but the delivery took two weeks']
    """
    return [part for piece in _TURN.split(sentence) if (part := piece.strip(" ,"))]


def _goes_on(piece: str, text: str, end: int) -> bool:
    """True where the dot belongs to an abbreviation or a number, or a small letter follows."""
    if not piece.endswith((".", "…")):
        return False
    following = text[end : end + 1]
    if _NUMBER_END.search(piece):
        return following.islower() or _day_of_month(piece, following)
    if _ABBREVIATION.search(piece):
        return True
    return following.islower() and piece.endswith(("...", "…"))


def _day_of_month(piece: str, following: str) -> bool:
    # "am 3. Mai": a short number after a small word; "I waited until 2019. Never again" ends.
    return bool(re.search(r"\b(?:am|vom|zum|bis|den|der|od|do|dne|den)\s\d{1,2}\.$", piece)) and (
        following.isupper()
    )


def _add(sentences: list[str], piece: str, start: int) -> int:
    piece = piece.strip()
    while len(piece) > _MAX_SENTENCE:
        cut = piece.rfind(" ", _MAX_SENTENCE // 2, _MAX_SENTENCE)
        cut = cut if cut > 0 else _MAX_SENTENCE
        sentences.append(piece[:cut].strip())
        piece = piece[cut:].strip()
    if piece:
        sentences.append(piece)
    return start

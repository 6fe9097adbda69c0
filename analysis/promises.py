"""What a brand promises against what its customers, and our own test questions, say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from analysis.metrics import fact_of, format_value, policies_of, promised_hours
from analysis.observations import Proof, ThemeVoice, shorten
from analysis.statistics import median

if TYPE_CHECKING:
    from analysis.observations import Observed

__all__ = ["Promise", "find_promises"]

Verdict = Literal["kept", "contradicted", "unclear"]
MIN_VOICES = 5  # chosen: reviews that speak of it, below which nothing is said
MIN_COMPLAINTS = 3
MIN_TESTS = 3  # chosen: one slow answer is an accident


class _Stated(NamedTuple):
    kind: str
    words: str
    proof: Proof


@dataclass(slots=True)
class Promise:
    """`n` counts the reviews or test questions behind the experience."""

    kind: str
    promise: str
    experience: str
    verdict: Verdict
    n: int
    evidence: tuple[Proof, ...]


_THEME_OF = {
    "reply_time": "support_responsiveness",
    "delivery": "delivery",
    "returns": "returns_refunds",
}


def find_promises(brand: Observed) -> list[Promise]:
    """Each stated promise once, with the experience that there is for it."""
    found = []
    for stated in _stated(brand):
        if stated.kind == "reply_time" and (measured := _against_mystery(brand, stated)):
            found.append(measured)
            continue
        voice = brand.reviews.themes.get(_THEME_OF[stated.kind])
        found.append(_against_reviews(stated, voice))
    return found


def _stated(brand: Observed) -> list[_Stated]:
    found: dict[str, _Stated] = {}
    for channel in brand.channels:
        if channel.kind == "reply_time":
            hours = promised_hours(channel)
            words = (
                f"Reply within {channel.value if hours is None else format_value(hours, 'hours')}"
            )
            proof = Proof(channel.page_id, shorten(channel.excerpt) or words)
            found.setdefault("reply_time", _Stated("reply_time", words, proof))
    for kind in ("delivery", "returns"):
        for policy in policies_of(brand, kind):
            if fact_of(policy, "window_days", "days_max", "days_min") is not None:
                proof = Proof(policy.page_id, shorten(policy.excerpt))
                found.setdefault(kind, _Stated(kind, shorten(policy.excerpt, 120), proof))
    return list(found.values())


def _against_reviews(stated: _Stated, voice: ThemeVoice | None) -> Promise:
    n = voice.n if voice else 0
    if voice is None or n < MIN_VOICES:
        spoken = f"only {n} reviews speak of it" if n > 1 else "only 1 review speaks of it"
        spoken = spoken if n else "no review speaks of it"
        return Promise(stated.kind, stated.words, spoken, "unclear", n, (stated.proof,))
    verdict: Verdict = "unclear"
    if voice.negative >= MIN_COMPLAINTS and voice.negative > 2 * voice.positive:
        verdict = "contradicted"
    elif voice.positive > 2 * voice.negative:
        verdict = "kept"
    feeling = "positive" if verdict == "kept" else "negative"
    told = f"{voice.negative} of {n} reviews that speak of it complain"
    if verdict == "kept":
        told = f"{voice.positive} of {n} reviews that speak of it are positive"
    return Promise(
        stated.kind, stated.words, told, verdict, n, (stated.proof, *voice.quotes[feeling][:3])
    )


def _against_mystery(brand: Observed, stated: _Stated) -> Promise | None:
    """Our own measurement goes before what reviews say; a question never answered broke it."""
    hours, never = brand.mystery_hours, brand.mystery_unanswered
    promised = next(
        (h for c in brand.channels if c.kind == "reply_time" and (h := promised_hours(c))), None
    )
    n = len(hours) + never
    if not n or promised is None:
        return None
    kept = sum(waited <= promised for waited in hours)
    told = f"{kept} of {n} test questions answered within that time"
    if hours:
        told += f", median {median(hours):.1f} hours"
    if never:
        told += f", {never} never answered"
    verdict: Verdict = "kept" if 2 * kept > n else "contradicted"
    if n < MIN_TESTS:
        verdict, told = "unclear", f"{told} (a verdict needs {MIN_TESTS})"
    return Promise(stated.kind, stated.words, told, verdict, n, (stated.proof,))

"""Our words for the keys in the database: dimensions, states, kinds, stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.locale import ENGLISH

if TYPE_CHECKING:
    from reports.locale import Words
    from reports.model import Brand

__all__ = [
    "BRAND_KINDS",
    "CAUSES",
    "DIMENSION_MEANINGS",
    "EFFORT_WORDS",
    "FOLLOW_UPS",
    "LEVELS",
    "PAGE_STATES",
    "QUADRANTS",
    "REASON_WORDS",
    "RUN_STATES",
    "SIZES",
    "SPOKEN_KEYS",
    "STAGES",
    "STATE_WORDS",
    "VERDICTS",
    "dimension_label",
    "in_sentence",
    "kind_of",
    "label",
    "state_words",
    "worded",
]

DIMENSION_MEANINGS: dict[str, str] = {
    "overall": "All dimensions together, weighted as the method section says.",
    "discoverability": "How often customers meet the brand in the results of the study's searches.",
    "self_service": "Whether customers find answers by themselves: FAQ, help centre, topics.",
    "assisted_support": "Whether a person can be reached, through how many channels, how easily.",
    "chat": "Whether there is a chat, of what kind, and when it is there.",
    "responsiveness": "How fast the brand promises to answer, and how fast it does.",
    "reputation": "What customers say: stars, sentiment, and whether the brand replies.",
    "policies": "How generous and how clear returns, delivery and warranty are.",
    "reach": "For how many people it works: languages and accessibility.",
}
BRAND_KINDS = {
    "own": "own brand",
    "competitor": "competitor",
    "marketplace": "marketplace",
    "review_site": "review site",
    "publisher": "publisher",
    "social": "social network",
    "reference": "reference or government",
    "other": "other",
}
PAGE_STATES = {
    "ok": "read",
    "not_found": "not found",
    "blocked": "blocked by the site",
    "robots": "kept out by robots.txt",
    "refused": "refused by our own guard",
    "timeout": "timed out",
    "too_large": "too large",
    "too_complex": "too complex",
    "budget": "left out by the page budget",
    "error": "server or network error",
}
STAGES = {
    "discovery": "Discovery",
    "consideration": "Consideration",
    "purchase": "Purchase",
    "retention": "Retention",
}
FOLLOW_UPS = {  # what became of a gap, the good first
    "closed": "closed",
    "narrowed": "narrowed",
    "stayed": "as before",
    "widened": "widened",
    "not_comparable": "not comparable",
}
STATE_WORDS = {
    "ok": "",
    "measured": "",
    "partial": "",
    "blocked": "blocked",
    "robots": "disallowed",
    "not_seen": "not seen",
    "not_rendered": "not rendered",
    "static_only": "static only",
    "too_few": "too few",
    "not_scored": "not scored",
    "not_tried": "not tried",
    "budget": "out of budget",
    "none": "not seen",
}
REASON_WORDS = {
    "block": "blocked",
    "challenge": "blocked",
    "robots": "disallowed",
    "budget": "out of budget",
    "timeout": "timed out",
    "timed out": "timed out",
}
_LABELS = {
    "faq": "FAQ",
    "faq_entries": "FAQ entries",
    "price_value": "Price and value",
    "returns_refunds": "Returns and refunds",
    "ordering_checkout": "Ordering and checkout",
    "billing_payments": "Billing and payments",
    "account_subscription": "Account and subscription",
    "onboarding_setup": "Onboarding and setup",
    "support_responsiveness": "Support: speed of answers",
    "support_quality": "Support: quality of answers",
    "self_service": "Self-service",
    "live_chat": "live chat",
    "ai_bot": "AI bot",
    "email": "E-mail",
    "form": "Contact form",
    "social": "Social networks",
    "whatsapp": "WhatsApp",
    "linkedin": "LinkedIn",
    "youtube": "YouTube",
    "tiktok": "TikTok",
}
# Makers' names keep their capitals in sentences.
_NAMES = frozenset(
    ("WhatsApp", "LinkedIn", "YouTube", "TikTok", "Telegram", "Facebook", "Instagram", "Pinterest")
)


# Kinds and topics that analysis and spiders name by a key; here so that they are translated.
SPOKEN_KEYS = (
    *("delivery", "returns_refunds", "support_responsiveness", "support_quality", "price_value"),
    *("product_quality", "usability", "ordering_checkout", "billing_payments"),
    *("account_subscription", "onboarding_setup", "communication"),
    *("overall", "discoverability", "self_service", "assisted_support", "chat", "responsiveness"),
    *("reputation", "policies", "reach"),
    *("tracking", "returns", "refunds", "payment", "account", "order_change", "warranty"),
    *("product_use", "contact", "privacy", "complaints", "other", "reply_time"),
    *("email", "phone", "form", "contact_form", "whatsapp", "messenger", "telegram", "facebook"),
    *(
        "social",
        "instagram",
        "x",
        "linkedin",
        "youtube",
        "tiktok",
        "pinterest",
        "forum",
        "app",
        "help_desk",
    ),
    *("help_desk", "live_chat", "bot", "ai_bot", "hybrid", "shipping", "cancellation"),
    *("faq", "faq_entries"),
)
# Words in which capitals stay where they are, in sentences too.
_CAPITALIZED = ("de",)
# Enumerations that the report keeps as keys: renderers say them with `level_words` and its kin.
# Of confidence and effort, alone in a cell.
SIZES = {word: word for word in ("high", "medium", "low", "small", "large")}
LEVELS = {
    "high": "high confidence",
    "medium": "medium confidence",
    "low": "low confidence",
}
EFFORT_WORDS = {
    "small": "small effort",
    "medium": "medium effort",
    "large": "large effort",
}
VERDICTS = {"kept": "kept", "contradicted": "contradicted", "unclear": "unclear"}
QUADRANTS = {
    "strength": "strength",
    "weakness": "weakness",
    "opportunity": "opportunity",
    "threat": "threat",
}
CAUSES = {"market": "they changed", "method": "our method changed"}
RUN_STATES = {
    "queued": "waiting",
    "running": "running",
    "done": "done",
    "failed": "failed",
    "cancelled": "cancelled",
    "partial": "in part",
    "skipped": "skipped",
    "ok": "answered",
    "empty": "no results",
    "blocked": "blocked",
    "quota": "quota used up",
    "error": "error",
}


def label(key: str, words: Words = ENGLISH) -> str:
    """A key as a label.

    >>> label("returns_refunds"), label("reply_time")
    ('Returns and refunds', 'Reply time')
    """
    if key in _LABELS:
        return words.t(_LABELS[key])
    spelled = key.replace("_", " ").replace("-", " ").strip()
    spelled = " ".join("FAQ" if word == "faq" else word for word in spelled.split())
    return words.t(spelled[:1].upper() + spelled[1:]) if spelled else ""


def dimension_label(key: str, words: Words = ENGLISH) -> str:
    """The name of a dimension; an unknown one is spelled from its key."""
    return label(key, words)


def in_sentence(name: str, words: Words = ENGLISH) -> str:
    """A label inside a sentence; abbreviations and German nouns keep their capitals.

    >>> in_sentence("Self-service"), in_sentence("FAQ entries")
    ('self-service', 'FAQ entries')
    """
    if name in _NAMES or words.language in _CAPITALIZED:
        return name
    if name[:2].isupper() and name[1:2].isalpha():
        return name
    return name[:1].lower() + name[1:]


def kind_of(brand: Brand, words: Words = ENGLISH) -> str:
    """What a site is, and that it is not compared where it could have been."""
    if brand.role == "ignored" and brand.kind == "competitor":
        return words.t("{kind}, set aside", kind=brand.kind_label)
    return brand.kind_label


def worded(table: dict[str, str], key: str, words: Words = ENGLISH) -> str:
    """The word for a key, the key itself where we have none."""
    return words.t(table[key]) if key in table else key


def state_words(state: str, score: float | None, reason: str = "", words: Words = ENGLISH) -> str:
    """Why there is no number, in two words; "" when there is one.

    A reason that names what kept us out is told instead of "not seen".

    >>> state_words("not_seen", None, "FAQ: blocked (challenge page)"), state_words("too_few", None)
    ('blocked', 'too few')
    """
    if score is not None:
        return ""
    if state == "not_seen":
        for part, spoken in REASON_WORDS.items():
            if part in reason.lower():
                return words.t(spoken)
    return words.t(STATE_WORDS.get(state, state.replace("_", " ")) or "not seen")

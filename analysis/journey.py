"""The customer's journey in four stages, and where each metric and theme belongs."""

from __future__ import annotations

from typing import Literal

__all__ = ["STAGES", "Stage", "stage_of"]

Stage = Literal["discovery", "consideration", "purchase", "retention"]

STAGES: dict[Stage, str] = {
    "discovery": "finds the brand: search results, first page, own language",
    "consideration": "compares it: answers, reviews, ways to ask",
    "purchase": "buys: ordering, payment, delivery, terms",
    "retention": "needs help and comes back: support, returns, replies",
}
_BY_METRIC: dict[str, Stage] = {
    "returns_stated": "purchase",
    "returns_window": "purchase",
    "free_returns": "purchase",
    "delivery_stated": "purchase",
    "delivery_time": "purchase",
    "warranty_stated": "purchase",
    "reviews_answered": "retention",
    "support_speed_net": "retention",
    "mystery_reply_time": "retention",
    "mystery_answered": "retention",
    "reply_time": "retention",
    "reply_time_stated": "retention",
    "hours_stated": "retention",
    "phone_shown": "retention",
    "email_shown": "retention",
    "contact_channels": "retention",
    "contact_clicks": "retention",
    "steps_to_a_person": "retention",
    "faq_answered": "retention",
    "chat_pages": "purchase",
}
_BY_DIMENSION: dict[str, Stage] = {
    "discoverability": "discovery",
    "reach": "discovery",
    "self_service": "consideration",
    "reputation": "consideration",
    "chat": "consideration",
    "assisted_support": "retention",
    "responsiveness": "retention",
    "policies": "purchase",
}
_BY_THEME: dict[str, Stage] = {
    "price_value": "consideration",
    "product_quality": "retention",
    "usability": "purchase",
    "ordering_checkout": "purchase",
    "billing_payments": "purchase",
    "delivery": "purchase",
    "returns_refunds": "retention",
    "support_responsiveness": "retention",
    "support_quality": "retention",
    "account_subscription": "retention",
    "onboarding_setup": "retention",
    "communication": "retention",
}


def stage_of(metric: str, dimension: str = "") -> Stage:
    """The stage at which a customer meets what the metric measures.

    >>> stage_of("visibility", "discoverability"), stage_of("theme.delivery.net")
    ('discovery', 'purchase')
    """
    if metric.startswith("theme."):
        return _BY_THEME.get(metric.split(".")[1], "retention")
    return _BY_METRIC.get(metric) or _BY_DIMENSION.get(dimension, "consideration")

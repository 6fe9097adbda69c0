"""Pages of the shape that the web has, made from their number: what a bare parse costs and what
reading costs both depend on it.

The middle of 291 saved pages of shops, help centres and software firms: 50 KB, 450 elements,
70 links, 750 words, 5 KB of inline script; their mean: 150 KB, 820 elements, 126 links, 1,400
words, 41 KB of script and 25 KB of style (quartiles 7 and 190 KB). A page here is light (10 KB),
middling (32 KB, 430 elements, 79 links, 830 words) or heavy (146 KB), and of one of five kinds.
Its sentences are whole ones: words in random order would set off every rule that looks for a
promise.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable

_WEIGHTS = (0.3, 1.0, 1.0, 3.5)  # of a middling page; quarters of the saved pages
_PLACES = (
    "/collections/road", "/collections/trail", "/products/", "/blogs/journal/", "/pages/about",
    "/pages/size-guide", "/help/faq", "/help/returns", "/pages/contact", "/account", "/cart",
)  # fmt: skip
SENTENCES = """
The upper is knitted in one piece, so that no seam rubs on long descents.
Our workshop by the river has made running shoes since 1987.
A firm heel keeps the foot steady when the ground falls away.
We choose leather from two tanneries that publish their water use.
Most people wear the same size as in their everyday shoes.
The outsole has deep lugs that clear themselves of mud.
In spring the new colours arrive: moss, clay and a dark blue.
Wash them by hand with lukewarm water and let them dry away from the sun.
The team behind the brand runs together every Thursday after work.
Read the story of a night on the ridge and a very late breakfast.
Materials that were tested over 800 kilometres by forty runners.
Each pair weighs 260 grams in size 42 and drops six millimetres.
A lighter foam in front, a denser one behind, and a plate between.
The laces are waxed once, which keeps a knot from slipping.
What changed since last year is the width of the toe box.
Stay in touch and hear of new models before they are in the shop.
Pairs well with merino socks of medium height.
Every model can be resoled twice by our own cobblers.
Sign up for the spring marathon and train with a plan for twelve weeks.
The museum in the old factory is open to visitors on Saturdays.
""".strip().splitlines()
_POLICIES = """
You can return unworn shoes within 30 days of delivery.
Orders over 60 euros are delivered free of charge.
A parcel takes two to four working days.
We answer e-mails within one working day.
The warranty lasts two years from the day of purchase.
Exchanges are free, and a label comes with every parcel.
""".strip().splitlines()
_QUESTIONS = (
    "How do I find my size?", "Can I change an order after paying?", "When will my parcel arrive?",
    "Which payment methods do you accept?", "How are the shoes cleaned?", "Do you ship abroad?",
    "What happens with shoes that I send back?", "Where do I see my invoice?",
)  # fmt: skip


def page(number: int) -> bytes:
    """Page `number`: HTML, the same for the same number."""
    rng = random.Random(number)
    weight = _WEIGHTS[number % len(_WEIGHTS)]
    kind = _KINDS[number % len(_KINDS)]
    return (
        f'<!doctype html><html lang="en"><head>{_head(rng, number, weight)}</head>'
        f'<body class="template-page"><header>{_menu(rng, weight)}</header>'
        f'<main id="main"><h1>Page {number} of the running shop</h1>{kind(rng, weight)}'
        f"{_articles(rng, round(9 * weight))}{_products(rng, weight)}</main>"
        f"{_footer(rng)}{_code(rng, weight)}</body></html>"
    ).encode()


def pages(count: int) -> list[bytes]:
    return [page(number) for number in range(count)]


def _text(rng: random.Random, sentences: int) -> str:
    return " ".join(rng.choices(SENTENCES, k=sentences))


def _head(rng: random.Random, number: int, weight: float) -> str:
    organization = {
        "@context": "https://schema.org",
        "@type": "Organization",
        "name": "Ridge Running",
        "url": "https://shop.example/",
        "sameAs": ["https://www.instagram.com/ridgerunning.example"],
    }
    rules = "".join(
        f".block-{k} .item-{rng.randrange(90)}{{margin:{rng.randrange(40)}px auto;"
        f"color:#{rng.randrange(4096):03x};display:flex}}"
        for k in range(round(60 * weight**1.5))
    )
    links = "".join(
        f'<link rel="stylesheet" href="/assets/{name}.css?v={number}">'
        for name in ("base", "theme", "cart")
    )
    return (
        f'<meta charset="utf-8"><title>Ridge Running, page {number}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="description" content="{_text(rng, 1)}">{links}<style>{rules}</style>'
        f'<script type="application/ld+json">{json.dumps(organization)}</script>'
        '<script async src="https://www.googletagmanager.com/gtm.js?id=GTM-XXXX"></script>'
    )


def _menu(rng: random.Random, weight: float) -> str:
    icon = '<svg class="icon" viewBox="0 0 24 24"><path d="M4 6h16M4 12h16M4 18h16"/></svg>'
    entries = "".join(
        f'<li class="menu__item"><a class="menu__link" href="{rng.choice(_PLACES)}{k}">'
        f'<span class="menu__text">{_text(rng, 1)[:18]}</span></a></li>'
        for k in range(round(42 * weight))
    )
    return (
        f'<nav aria-label="Main"><button aria-label="Menu">{icon}</button><ul>{entries}</ul></nav>'
    )


def _articles(rng: random.Random, count: int) -> str:
    return "".join(
        f'<section class="block block-{k}"><div class="inner"><h2>{_text(rng, 1)[:32]}</h2><p>'
        f'{_text(rng, 3)}</p><ul class="points">{_points(rng)}</ul>{_picture(rng, "")}'
        f'<a class="button" href="{rng.choice(_PLACES)}{k}"><span>Read on</span></a></div>'
        "</section>"
        for k in range(count)
    )


def _points(rng: random.Random) -> str:
    words = [_text(rng, 1).split()[:3] for _ in range(3)]
    return "".join(f'<li><span class="points__text">{" ".join(w)}</span></li>' for w in words)


def _picture(rng: random.Random, name: str) -> str:
    file = f"/images/{rng.randrange(10**9)}"
    widths = ", ".join(f"{file}_{w}x.jpg?v=1718{w} {w}w" for w in (320, 480, 640, 960, 1280))
    return (
        f'<div class="picture"><img src="{file}.jpg" srcset="{widths}" alt="{name}" width="600" '
        'height="400" loading="lazy" sizes="(min-width: 960px) 33vw, 100vw"></div>'
    )


def _footer(rng: random.Random) -> str:
    links = "".join(f'<li><a href="{place}">{_text(rng, 1)[:14]}</a></li>' for place in _PLACES)
    return (
        f'<footer><ul>{links}</ul><a href="mailto:help@shop.example">help@shop.example</a>'
        '<a href="tel:+4930901820">+49 30 901820</a>'
        '<a href="https://www.facebook.com/ridgerunning.example">Facebook</a></footer>'
    )


def _code(rng: random.Random, weight: float) -> str:
    state = [
        {"id": rng.randrange(10**9), "handle": f"shoe-{k}", "price": rng.randrange(5000, 20000)}
        for k in range(round(80 * weight**1.8))
    ]
    return f"<script>window.__STATE__ = {json.dumps(state)};</script>"


def _products(rng: random.Random, weight: float) -> str:
    return "".join(
        f'<div class="card"><a href="/products/{k}">{_picture(rng, f"Shoe {k}")}'
        f'<h3 class="card__title">Shoe {k}</h3></a><div class="card__foot"><span class="price">'
        f"€ {rng.randrange(60, 190)}</span>"
        f'<button type="button">Add to cart</button></div></div>'
        for k in range(round(14 * weight))
    )


def _reviewed(rng: random.Random, weight: float) -> str:
    return "".join(
        f'<div class="review"><span class="stars" aria-label="{rng.randint(1, 5)} out of 5"></span>'
        f'<p>{_text(rng, 2)}</p><time datetime="2026-0{rng.randint(1, 9)}-14"></time></div>'
        for _ in range(round(6 * weight))
    )


def _asked(rng: random.Random, weight: float) -> str:
    return "<h2>Frequently asked questions</h2>" + "".join(
        f"<details><summary>{question}</summary><p>{_text(rng, 3)}</p></details>"
        for question in rng.sample(_QUESTIONS, k=min(len(_QUESTIONS), round(5 + 2 * weight)))
    )


def _promised(rng: random.Random, weight: float) -> str:
    return "".join(
        f"<h2>{promise[:24]}</h2><p>{promise} {_text(rng, 2)}</p>"
        for promise in rng.sample(_POLICIES, k=min(len(_POLICIES), round(3 + weight)))
    )


def _contact(rng: random.Random, weight: float) -> str:
    return (
        '<form action="/contact" method="post"><label for="mail">E-mail</label>'
        '<input id="mail" type="email" name="email"><label for="text">Message</label>'
        '<textarea id="text" name="message"></textarea><button>Send</button></form>'
        f"<p>{_text(rng, 4)}</p><p>Monday to Friday, 9:00 to 17:00</p>"
    )


def _told(rng: random.Random, weight: float) -> str:
    return "".join(f"<p>{_text(rng, 4)}</p>" for _ in range(round(3 * weight)))


_KINDS: tuple[Callable[[random.Random, float], str], ...] = (
    _told, _reviewed, _asked, _promised, _contact,
)  # fmt: skip

"""Markup of accordions and lists as builders and widgets write it: each gives all its questions."""

from __future__ import annotations

import pytest

from spiders.extract.faq import extract_faq
from spiders.extract.page import ParsedPage

ASKED = (
    ("How long does delivery take?", "Two to five working days, more to the islands."),
    ("Can I return an open bag?", "Yes, if more than half is left in it."),
    ("My parcel is damaged", "Send us a picture of it and we send another one."),
    ("Do you ship to Norway?", "We do, once a week on Mondays."),
    ("Lost card", "Tell us its number by telephone."),
)

# Item, then what is around all items; "|" parts them.
WIDGETS = {
    "icon_names": '<li><div class="collapsible-header"><i class="material-icons">expand_more</i>{q}'
    '</div><div class="collapsible-body">{a}</div></li>|<ul>{all}</ul>',
    "pane_around_header": '<div class="kt-accordion-pane"><div class="kt-accordion-header-wrap">'
    '<button class="kt-blocks-accordion-header"><span>{q}</span></button></div>'
    '<div class="kt-accordion-panel"><p>{a}</p></div></div>|<div>{all}</div>',
    "bare_panel_around_header": '<div class="panel"><div class="panel-title">'
    '<a data-toggle="collapse" href="#x">{q}</a></div><div class="collapse">{a}</div></div>|{all}',
    "data_roles": '<div data-role="collapsible"><div data-role="trigger"><span>{q}</span></div>'
    '<div data-role="content"><p>{a}</p></div></div>|<div>{all}</div>',
    "toggle_words": '<div><h3><button aria-expanded="false" class="section-button">{q}<span class="'
    'toggle"><span class="toggle-text">Show</span></span></button></h3><div>{a}</div></div>|{all}',
    "plain_buttons": '<div><button class="c1">{q}</button><div class="c2">{a}</div></div>|{all}',
    "sign_behind": '<div><button class="item_trigger">{q}<span>+</span></button>'
    "<p>{a}</p></div>|{all}",
    "own_element": '<div class="s1"><div class="s2">{q}</div><div class="s3">{a}</div></div>|{all}',
    "letters_in_elements": '<p><span class="q">Q</span><span>{q}</span></p>'
    '<p><span class="a">A</span><span>{a}</span></p>|{all}',
    "typed_text": "Q: {q}\nA: {a}\n\n|<pre>{all}</pre>",
    "bold_items": "<li><strong>{q}</strong><br>{a}</li>|<ul>{all}</ul>",
    "terms": "<dt>{q}</dt><dd>{a}</dd>|<dl>{all}</dl>",
    "categories_around": '<div class="item"><h3 class="accordion-header"><button class="accordion-'
    'button" aria-expanded="false">{q}</button></h3><div class="accordion-collapse collapse"><div '
    'class="accordion-body">{a}</div></div></div>|<div class="item"><h2 class="accordion-header">'
    '<button class="accordion-button" aria-expanded="true">Orders</button></h2><div class="'
    'accordion-collapse collapse"><div class="accordion-body"><div class="accordion">{all}</div>'
    "</div></div></div>",
}  # fmt: skip


def shop(widget: str) -> str:
    item, around = WIDGETS[widget].split("|")
    items = "".join(item.replace("{q}", q).replace("{a}", a) for q, a in ASKED)
    return (
        '<html lang="en"><title>Tea</title><h1>Tea</h1><p>Some words about us and our tea.</p>'
        f"<h2>Frequently asked questions</h2>{around.replace('{all}', items)}"
        "<h2>Contact</h2><p>Write to us at any time of the day.</p>"
        "<div><p>We use cookies.</p><button>Accept</button><button>Reject</button></div></html>"
    )


@pytest.mark.parametrize("widget", WIDGETS)
def test_widget_gives_all_its_questions_with_answers(widget):
    found = extract_faq(ParsedPage(shop(widget)))
    assert [(entry.question, entry.answer) for entry in found] == list(ASKED)


def test_buttons_alone_are_no_questions():
    html = (
        "<title>FAQ</title><h1>FAQ</h1><p>Soon here.</p><button>Accept</button>"
        "<p>All of them.</p><button>Reject</button><p>None of them.</p>"
    )
    assert extract_faq(ParsedPage(html)) == []

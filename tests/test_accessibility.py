"""Accessibility checks of a page's code, and the metrics made of them."""

import pytest

from spiders.extract.accessibility import check_accessibility
from spiders.extract.page import ParsedPage

URL = "https://brand.example/"


def checks(html):
    return {row.check: row for row in check_accessibility(ParsedPage(html, URL))}


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        ("image-alt", '<img alt="A lamp">', "<img src=a.png>"),
        ("image-alt", '<img alt="">', '<img src="a.png" class="alt">'),
        ("label", '<label for="a">Name</label><input id="a">', '<input name="Name">'),
        ("label", "<label>Text <textarea></textarea></label>", "<textarea></textarea>"),
        ("label", '<select aria-label="Size"></select>', "<select></select>"),
        ("button-name", "<button>Send</button>", "<button><svg></svg></button>"),
        ("button-name", '<button aria-label="Close">×</button>', "<button> </button>"),
        ("link-name", '<a href="/a"><img alt="Home"></a>', '<a href="/a"><i></i></a>'),
        ("link-name", '<a href="#" title="Menu"><i></i></a>', '<a href="#"><i></i></a>'),
        ("link-name", '<a href="tel:+49301">Call</a>', '<a href="mailto:a@b.example"><i></i></a>'),
        ("html-has-lang", '<html lang="en-GB">', "<p>a"),
        ("document-title", "<title>Help</title>", "<title> </title>"),
        (
            "meta-viewport",
            '<meta name="viewport" content="width=device-width, maximum-scale=5">',
            '<meta name="viewport" content="width=device-width, user-scalable=no">',
        ),
        (
            "meta-viewport",
            '<meta name="viewport" content="initial-scale=1">',
            '<meta name="Viewport" content="initial-scale=1, maximum-scale=1.0">',
        ),
        (
            "statement",
            '<footer><a href="/x">Erklärung zur Barrierefreiheit</a></footer>',
            '<a href="/x">Accessible shoes for wide feet and other comfortable things</a>',
        ),
    ],
)
def test_check_tells_the_good_page_from_the_bad(check, good, bad):
    assert checks(good)[check].passing == checks(good)[check].elements
    assert checks(bad)[check].passing < checks(bad)[check].elements


def test_a_check_without_elements_gives_no_row():
    assert set(checks("<p>text")) == {"html-has-lang", "document-title", "statement"}


def test_an_anchor_that_leads_nowhere_is_no_link():
    assert "link-name" not in checks('<a name="top"></a>')


def test_hidden_fields_and_submit_buttons_need_no_label():
    assert "label" not in checks('<input type="hidden" name="t"><input type="submit">')


def test_counts_name_the_first_that_fails():
    row = checks('<img alt="a"><img src="b.png"><img src="c.png">')["image-alt"]
    assert (row.elements, row.passing, row.excerpt) == (3, 1, '<img src="b.png">')

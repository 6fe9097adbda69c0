"""Links of the same brand: purpose, worth and what is left out."""

import pytest

from spiders.extract.links import extract_links, purpose_of
from spiders.extract.page import ParsedPage


def links(html, url="https://www.brand.example/"):
    return {link.url: link for link in extract_links(ParsedPage(html, url))}


@pytest.mark.parametrize(
    ("url", "title", "purpose"),
    [
        ("https://a.example/haeufige-fragen", "", "faq"),
        ("https://a.example/pages/refundpolicy.html", "", "returns"),
        ("https://a.example/x/123", "Kontakt", "contact"),
        ("https://help.a.example/", "", "help"),
        ("https://a.example/x", "سوالات متداول", "faq"),
        ("https://a.example/x", "よくあるご質問はこちら", "faq"),
        ("https://a.example/products/lamp", "Lamp", "other"),
    ],
)
def test_purpose_is_read_from_address_or_title(url, title, purpose):
    assert purpose_of(url, title)[0] == purpose


def test_other_sites_and_files_are_left_out_and_subdomains_kept():
    found = links(
        '<a href="https://other.example/faq">FAQ</a><a href="/terms.pdf">Terms</a>'
        '<a href="https://help.brand.example/">Help</a>'
    )
    assert list(found) == ["https://help.brand.example/"]


def test_best_links_come_first():
    found = links('<a href="/blog/a-day">A day</a><a href="/faq">FAQ</a><a href="/about">About</a>')
    assert [link.purpose for link in found.values()] == ["faq", "about", "other"]


def test_tracking_parameters_make_no_second_address():
    found = links('<a href="/faq?utm_source=x">FAQ</a><a href="/faq">FAQ</a>')
    assert list(found) == ["https://www.brand.example/faq"]


def test_the_same_page_in_another_language_is_worth_less():
    found = links('<html lang="en"><a href="/fr/faq">FAQ</a><a href="/faq">FAQ</a>')
    assert found["https://www.brand.example/faq"].score > 0.3 + (
        found["https://www.brand.example/fr/faq"].score
    )


def test_meta_refresh_is_a_link():
    found = links('<meta http-equiv="Refresh" content="0; URL=/en/start">')
    assert list(found) == ["https://www.brand.example/en/start"]


@pytest.mark.parametrize("path", ["/tag/faq", "/2021/05/faq-update", "/a/b/c/d/faq?sort=1&x=2"])
def test_archives_and_deep_pages_rank_behind_the_page_itself(path):
    assert purpose_of(f"https://a.example{path}")[1] < purpose_of("https://a.example/faq")[1]


def test_pages_of_the_footer_come_before_those_of_the_text():
    found = links(
        '<main><a href="/a">Mountains</a></main><footer><a href="/b">Promise</a></footer>'
    )
    assert next(link.url for link in found.values()) == "https://www.brand.example/b"


@pytest.mark.parametrize("path", ["security", "code-of-conduct", "responsible-disclosure"])
def test_pages_that_name_whom_to_write_to_come_before_other_pages(path):
    assert purpose_of(f"https://a.example/{path}")[1] > purpose_of("https://a.example/features")[1]

"""One parse: decoding, limits before the parser, text, links and scripts of a page."""

import gc
from urllib.parse import urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import TooComplex
from spiders.extract.observe import observe
from spiders.extract.page import MAX_ATTRIBUTES, MAX_DEPTH, MAX_TAGS, ParsedPage, decode, weigh


def page(html, url="https://brand.example/help/"):
    return ParsedPage(html, url)


class TestDecode:
    def test_valid_utf8_outranks_a_wrong_declaration(self):
        body = '<meta charset="iso-8859-1"><p>Größe'.encode()
        assert "Größe" in decode(body, "text/html; charset=iso-8859-1")

    def test_declared_encoding_counts_where_the_bytes_are_no_utf8(self):
        body = '<meta charset="windows-1251"><p>Доставка'.encode("cp1251")
        assert "Доставка" in decode(body)

    def test_byte_order_mark_outranks_all(self):
        assert decode("<p>چت".encode("utf-16"), "text/html; charset=utf-8") == "<p>چت"

    def test_undeclared_bytes_are_guessed(self):
        text = "<p>Возврат товара в течение четырнадцати дней после покупки</p>" * 5
        assert "Возврат" in decode(text.encode("cp1251"))

    def test_one_broken_byte_does_not_turn_utf8_into_something_else(self):
        body = ("<p>" + "Überraschung " * 40).encode() + b"\xff"
        assert "Überraschung" in decode(body)


class TestWeigh:
    def test_more_tags_than_the_limit_are_refused(self):
        with pytest.raises(TooComplex, match="tags"):
            weigh(b"<p>" * (MAX_TAGS + 1))

    @pytest.mark.parametrize("attribute", [b' a="x"', b" a", b"\na=x"])
    def test_a_tag_of_too_many_attributes_is_refused(self, attribute):
        with pytest.raises(TooComplex, match="attributes"):
            weigh(b"<div" + attribute * (3 * MAX_ATTRIBUTES) + b">")

    def test_one_long_value_is_one_attribute(self):
        weigh(b'<div data-page="' + b"{&quot;a&quot;: 1, b = 2} " * 5_000 + b'">text</div>')

    def test_long_text_is_no_tag(self):
        weigh(b"<p>" + b"a = b and " * 5_000 + b"</p>")

    def test_deeper_nesting_than_the_limit_is_refused(self):
        with pytest.raises(TooComplex, match="nested"):
            weigh(b"<div>" * (MAX_DEPTH + 2_000))

    def test_many_siblings_are_not_deep(self):
        weigh(b"<div>a</div>" * (3 * MAX_DEPTH))


class TestParsedPage:
    def test_text_has_neither_script_nor_style(self):
        found = page("<body><style>p{}</style><p>Call <b>us</b></p><script>var a</script>")
        assert found.text == "Call us"
        assert [script.text for script in found.scripts] == ["var a"]

    def test_links_are_absolute_without_fragment_and_mail(self):
        found = page(
            '<base href="/shop/"><a href="faq#top">a</a><a href="//x.example/y">b</a>'
            '<a href="mailto:a@b.example">c</a><a href="#x">d</a><a href="/z">e</a>'
        )
        assert [anchor.url for anchor in found.anchors] == [
            "https://brand.example/shop/faq",
            "https://x.example/y",
            "https://brand.example/z",
        ]

    def test_link_without_text_says_its_label(self):
        found = page('<a href="/c" aria-label="Contact us"><svg></svg></a>')
        assert found.anchors[0].text == "Contact us"

    def test_region_is_the_innermost(self):
        found = page('<footer><nav><a href="/a">a</a></nav><a href="/b">b</a></footer>')
        assert [anchor.region for anchor in found.anchors] == ["nav", "footer"]

    def test_links_beside_each_other_share_what_is_around_them(self):
        links = '<ul><li><a href="/a">a</a></li><li><a href="/b">b</a></li></ul>'
        found = page(f"<header>{links}</header><main>{links}<footer>{links}</footer></main>{links}")
        seen = [anchor.region for anchor in found.anchors]
        assert seen == ["header"] * 2 + ["main"] * 2 + ["footer"] * 2 + ["main"] * 2

    def test_elements_are_what_the_tree_finds_by_tag(self):
        found = page(
            "<a>1</a><svg><style><a>cut out</a></style><a>2</a></svg><p><a>3</a><x-y>4</x-y>"
            "<script>5</script>"
        )
        by_tag = {tag: [node.mem_id for node in nodes] for tag, nodes in found.elements.items()}
        assert by_tag == {
            tag: [node.mem_id for node in found.tree.css(tag)]
            for tag in ("html", "head", "body", "a", "svg", "p", "x-y")
        }

    @given(
        st.sampled_from(
            ("http://a.example", "https://a.example/x/y?q=1#f", "http://a.example/a//b/../c",
             "http://a.example/x;p", "", "/x", "ftp://a.example/b", "http:///x", "http://[::1/")
        ),
        st.text("ab1./?#&=%~+,-_:;@ \t\né", max_size=14).filter(lambda href: href[:1] != "/"),
    )  # fmt: skip
    def test_relative_addresses_become_what_urljoin_makes(self, base, href):
        try:
            joined = urljoin(base, href)
        except ValueError:
            joined = href
        assert ParsedPage("<p>", base).absolute(href) == joined

    @pytest.mark.parametrize(
        ("html", "language"),
        [
            ('<html lang="de-AT">', "de"),
            ('<html xml:lang="fa">', "fa"),
            ('<meta property="og:locale" content="pt_BR">', "pt"),
            ('<html lang="{{lang}}">', None),
        ],
    )
    def test_language_is_the_primary_subtag(self, html, language):
        assert page(html).language == language

    def test_lowered_source_lowers_ascii_letters_only(self):
        assert page("<P>ÄB</P>").lowered_source == "<p>Äb</p>".encode()

    def test_nul_bytes_are_dropped(self):
        assert page("<p>a\0b").text == "ab"


def test_data_files_leave_the_collectors_sight_after_some_pages():
    for _ in range(5):
        observe(page("<p>Free returns within 30 days"))
    assert gc.get_freeze_count() > 10_000

"""Structured data of pages: each syntax, what people break in it, and what must not hurt."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiders.extract.page import ParsedPage
from spiders.extract.structured import (
    Entity,
    block_text,
    extract_entities,
    find,
    first,
    load_json,
    plain_text,
    walk,
)


def entities(html: str) -> list[Entity]:
    return extract_entities(ParsedPage(html, "https://shop.example/"))


def json_ld(text: str) -> list[Entity]:
    return entities(f'<script type="application/ld+json">{text}</script>')


def only(found: list[Entity]) -> Entity:
    assert len(found) == 1
    return found[0]


# --- JSON-LD -----------------------------------------------------------------------------------


def test_json_ld_keeps_nested_entities_in_props():
    page = only(
        json_ld('{"@type": "FAQPage", "mainEntity": [{"@type": "Question", "name": "A?"}]}')
    )
    assert page.types == ("FAQPage",)
    assert first(page.props["mainEntity"][0], "name") == "A?"


def test_graph_and_arrays_are_opened():
    found = json_ld('[{"@graph": [{"@type": "Organization"}, [{"@type": "WebSite"}]]}]')
    assert [e.types for e in found] == [("Organization",), ("WebSite",)]


def test_types_are_local_names_of_urls_lists_and_prefixes():
    text = '{"@type": ["https://schema.org/Product", "schema:Thing", "faqpage"], "name": "x"}'
    assert only(json_ld(text)).types == ("Product", "Thing", "FAQPage")


def test_reference_by_id_is_resolved_for_questions():
    found = json_ld(
        '{"@graph": [{"@type": "FAQPage", "mainEntity": [{"@id": "#q"}]},'
        ' {"@type": "Question", "@id": "#q", "name": "How?"}]}'
    )
    assert first(found[0].props["mainEntity"][0], "name") == "How?"


def test_references_in_a_circle_are_walked_once():
    found = json_ld(
        '{"@graph": [{"@type": "Question", "@id": "#a", "mainEntity": {"@id": "#b"}, "name": "a"},'
        ' {"@type": "Question", "@id": "#b", "mainEntity": {"@id": "#a"}, "name": "b"}]}'
    )
    assert len(list(walk(found))) == 2


@pytest.mark.parametrize(
    "text",
    [
        '{"@type": "X", "name": "n",}',
        '{"@type": "X" /* kind */, "name": "n"} // end',
        '//<![CDATA[\n{"@type": "X", "name": "n"}\n//]]>',
        '<!-- {"@type": "X", "name": "n"} -->',
        '{"@type": "X", "name": "n"};',
        "{&quot;@type&quot;: &quot;X&quot;, &quot;name&quot;: &quot;n&quot;}",
        '{"@type": "X" "name": "n"}',
        '{"@type": "X", "name": "n"',
        '\ufeff{"@type": "X", "name": "n"}',
        '{"@type": "X", "price": NaN, "name": "n"}',
    ],
)
def test_broken_json_is_read_as_it_was_meant(text):
    entity = only(json_ld(text))
    assert (entity.types, entity.props["name"]) == (("X",), ["n"])


def test_raw_line_breaks_and_bare_quotes_stay_in_the_text():
    entity = only(json_ld('{"@type": "X", "name": "say "hi",\nplease", "url": "u"}'))
    assert entity.props == {"name": ['say "hi",\nplease'], "url": ["u"]}


def test_several_objects_in_one_block_are_all_read():
    assert len(json_ld('{"@type": "A"} {"@type": "B"}\n,{"@type": "C"}')) == 3


def test_a_bad_block_does_not_hide_a_good_one():
    bad, good = "[" * 100_000, '{"@type": "FAQPage"}'
    scripts = f'<script type="application/ld+json">{bad}</script>' + (
        f'<script type="application/ld+json">{good}</script>'
    )
    assert only(entities(scripts)).types == ("FAQPage",)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 100_000,
        '"' * 100_000,
        '{"a":"' + "\\" * 100_000,
        '{"a":"' + '\\"' * 50_000,
        '{"a":"' + ('"' + " " * 5_000) * 40,
        '{"a":"' + '"/*' * 30_000,
        "/*" * 100_000,
        "<!--" * 50_000,
        "{" * 100_000,
    ],
)
def test_hostile_json_ends_soon(text):
    start = time.process_time()
    load_json(text)
    assert time.process_time() - start < 1.0


def test_numbers_of_thousands_of_digits_and_infinities_are_dropped():
    entity = only(json_ld('{"@type": "X", "a": ' + "9" * 5_000 + ', "b": 1e999, "c": 7}'))
    assert entity.props == {"c": [7]}


def test_lone_surrogates_and_nuls_leave_the_text():
    entity = only(json_ld('{"@type": "X", "name": "a\\ud800b\\u0000c\\ud83d\\ude00"}'))
    assert entity.props["name"] == ["abc😀"]


@given(st.text(max_size=200))
def test_no_text_makes_the_json_reader_fail(text):
    for value in load_json(text):
        assert value is None or isinstance(value, (dict, list, str, int, float, bool))


LEAVES = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=20)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@given(VALUES)
def test_valid_json_is_read_as_json_does(value):
    assert load_json(json.dumps(value)) == [value]


# --- microdata, RDFa, microformats -------------------------------------------------------------


def test_microdata_takes_values_where_the_tag_keeps_them():
    html = """<div itemscope itemtype="https://schema.org/Review">
      <meta itemprop="ratingvalue" content="4"> <a itemprop="author" href="/u">Ann</a>
      <time itemprop="datePublished" datetime="2024-01-02">now</time>
      <a itemprop="url" href="/r/1">x</a>
      <img itemprop="image" src="i.png"> <p itemprop="reviewBody">Good<br>soup</p></div>"""
    assert only(entities(html)).props == {
        "ratingValue": ["4"],
        "author": ["Ann"],
        "datePublished": ["2024-01-02"],
        "url": ["/r/1"],
        "image": ["i.png"],
        "reviewBody": ["Good\nsoup"],
    }


def test_nested_microdata_belongs_to_the_nearest_scope():
    html = """<div itemscope itemtype="http://schema.org/Product"><b itemprop="name">Pan</b>
      <div itemprop="review" itemscope itemtype="http://schema.org/Review">
      <i itemprop="name">Nice</i></div></div>"""
    product = only(entities(html))
    assert product.props["name"] == ["Pan"]
    review = only(find([product], "Review"))
    assert (review.props["name"], review.syntax) == (["Nice"], "microdata")
    assert review.node is not None


def test_itemref_brings_properties_from_elsewhere():
    html = """<div itemscope itemtype="http://schema.org/Product" itemref="more"></div>
      <p id="more"><b itemprop="name">Pan</b></p>"""
    assert only(entities(html)).props == {"name": ["Pan"]}


def test_rdfa_lite_and_old_google_rdfa_are_read():
    lite = """<div vocab="http://schema.org/" typeof="FAQPage"><div property="mainEntity"
      typeof="Question"><h3 property="name">Open on Sunday?</h3></div></div>"""
    question = only(find(entities(lite), "Question"))
    assert question.props == {"name": ["Open on Sunday?"]}
    old = """<div typeof="v:Review-aggregate"><span rel="v:rating"><span typeof="v:Rating">
      <b property="v:average">4.5</b></span></span></div>"""
    rating = only(find(entities(old), "Review-aggregate")).props["rating"][0]
    assert rating.props == {"average": ["4.5"]}


def test_open_graph_meta_is_no_entity():
    assert entities('<meta property="og:title" content="x"><p property="name">y</p>') == []


def test_hreview_and_mf2_keep_only_their_own_properties():
    html = """<div class="hreview-aggregate"><span class="average">4</span>
      <div class="hreview"><abbr class="dtreviewed" title="2020-01-02">then</abbr></div></div>
      <div class="h-review"><data class="p-rating" value="5">five</data></div>"""
    outer, inner, second = entities(html)
    assert outer.props == {"average": ["4"]}
    assert inner.props == {"dtreviewed": ["2020-01-02"]}
    assert second.props == {"rating": ["5"]}


# --- finding and text --------------------------------------------------------------------------


def test_find_is_depth_first_and_takes_several_types():
    found = json_ld('{"@type": "A", "x": {"@type": "B", "y": {"@type": "A"}}, "z": {"@type": "C"}}')
    assert [e.types[0] for e in find(found, "A", "C")] == ["A", "A", "C"]


def test_plain_text_reads_html_and_escaped_html():
    assert plain_text("<p>One</p>\n<p>two &amp; three</p>") == "One\ntwo & three"
    assert plain_text("a < b and c > d") == "a < b and c > d"


def test_block_text_breaks_lines_at_blocks_only():
    node = ParsedPage("<div id=d>Hello <b>wo</b>rld\n again<p>next</p></div>").tree.css_first("#d")
    assert block_text(node) == "Hello world again\nnext"


@pytest.mark.parametrize("unit", [" ", "\n", "<", "<p ", "<br>", "&", "&amp;", "a", "\t\n", "]]>"])
def test_any_repeated_text_becomes_plain_soon(unit):
    start = time.process_time()
    plain_text("<p>" + unit * (200_000 // len(unit)))
    assert time.process_time() - start < 0.5


def test_page_without_structured_data_gives_nothing():
    assert entities("<h1>Hello</h1><script>var a = {};</script>") == []


def test_review_marked_up_without_a_scope_is_a_review_all_the_same():
    page = ParsedPage("""<div itemprop="review"><span itemprop="reviewBody">Fine rolls</span>
      <span itemprop="ratingValue" content="4.5"></span><b itemprop="author">Ann</b></div>
      <div itemprop="reviews"><div itemscope itemtype="http://schema.org/Review">
      <p itemprop="reviewBody">Warm bread</p></div></div>""")
    found = find(page.structured, "Review")
    assert sorted(str(first(e, "reviewBody")) for e in found) == ["Fine rolls", "Warm bread"]


def test_aggregate_scope_without_a_type_goes_by_its_property():
    page = ParsedPage("""<div itemscope itemtype="http://schema.org/Product">
      <div itemprop="aggregateRating" itemscope><i itemprop="ratingValue">4.2</i>
      <i itemprop="ratingCount">7</i></div></div>""")
    assert [first(e, "ratingValue") for e in find(page.structured, "AggregateRating")] == ["4.2"]

"""The sample market holds what it promises, and is read as its author meant it."""

from __future__ import annotations

import json
import re
import time
from http.client import HTTPConnection, RemoteDisconnected
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import pytest

from crawler.app.sample.server import SEARCH_HOST, load_market, running
from spiders.extract.observe import observe
from spiders.extract.page import ParsedPage
from spiders.extract.technologies import chat_question_open

EXPECTED = json.loads((Path(__file__).parent / "sample_expected.json").read_text("utf-8"))
MARKET = load_market()
STUDIED = (MARKET.brand, *MARKET.competitors)

# What the market promises -> where it is, and a mark that proves it.
FEATURES = {
    "FAQ as JSON-LD": ("kettlecrest.example/pages/faq", '"@type":"FAQPage"'),
    "FAQ as details": ("roestwerk.example/faq/", "<details><summary>"),
    "FAQ as accordion": ("alpenbohne.example/en/faq", "accordion-button"),
    "FAQ as dl": ("brewhaven.example/faq.html", "<dt>"),
    "FAQ as headings": ("kettlecrest.example/pages/brew-questions", "<h2>Why does"),
    "FAQ as Q: and A:": ("beanbargain.example/faq.html", "Q: "),
    "help centre": ("grindly.example/hc/en-us/", "/articles/360010101-"),
    "help article": (
        "grindly.example/hc/en-us/articles/360010104-How-do-I-align-the-burrs",
        "articleBody",
    ),
    "reviews as JSON-LD": ("kettlecrest.example/products/crest-one", '"@type":"Review"'),
    "reviews as microdata": ("roestwerk.example/bewertungen/", 'itemprop="reviewBody"'),
    "reviews as cards with stars": ("brewhaven.example/reviews.html", "★★☆☆☆"),
    "contact form": ("brewhaven.example/contact.html", "<textarea"),
    "messenger link": ("kettlecrest.example/pages/contact", "https://wa.me/"),
    "chat in plain HTML": ("kettlecrest.example/", "embed.tawk.to"),
    "tag manager": ("grindly.example/", "gtm.start"),
    "chat inserted by the container": ("grindly.example/js/container.js", "client.crisp.chat"),
    "consent platform": ("roestwerk.example/", "otSDKStub.js"),
    "chat after consent": ("roestwerk.example/js/consent.js", "userlike-cdn-widgets"),
    "own chat panel": ("alpenbohne.example/static/assistant.js", "I am an AI chatbot"),
    "promise that reviews contradict": ("brewhaven.example/contact.html", "reply within 24 hours"),
    "review that contradicts it": ("brewhaven.example/reviews.html", "I waited 9 days"),
    "two languages": ("alpenbohne.example/de/", 'hreflang="en"'),
    "hostile script in a review": ("beanbargain.example/guestbook.html", "&lt;script&gt;"),
    "hostile formula in a review": ("beanbargain.example/guestbook.html", ">=HYPERLINK("),
    "wrong charset": ("beanbargain.example/about.html", "charset=iso-8859-1"),
    "robots rule": ("brewhaven.example/robots.txt", "Disallow: /basket"),
    "page behind a robots rule": ("roestwerk.example/konto/", "Mein Konto"),
    "crawl delay": ("grindly.example/robots.txt", "Crawl-delay: 0.2"),
    "sitemap": ("alpenbohne.example/robots.txt", "Sitemap: http://"),
    "hours": ("kettlecrest.example/pages/contact", "8:00 - 20:00"),
    "returns in German": ("roestwerk.example/widerruf/", "innerhalb von 30 Tagen"),
    "warranty": ("beanbargain.example/warranty.html", "6 month warranty"),
}


@pytest.fixture
def sample():
    with running() as served:
        yield served


def get(sample, url):
    """(status, headers, text) through the proxy."""
    connection = HTTPConnection("127.0.0.1", sample.port, timeout=10)
    try:
        connection.request("GET", url)
        response = connection.getresponse()
        return response.status, response.headers, response.read().decode()
    finally:
        connection.close()


def parsed(url):
    parts = urlsplit(url)
    answer = MARKET.hosts[parts.netloc].answers[parts.path]
    return ParsedPage.from_bytes(answer.body, url, answer.content_type)


def search(sample, query, page=1):
    query = quote(query)
    url = f"{sample.searxng_url}/search?q={query}&format=json&pageno={page}&language=en"
    return json.loads(get(sample, url)[2])


# -- what is in it


@pytest.mark.parametrize("feature", FEATURES)
def test_market_has(feature):
    address, mark = FEATURES[feature]
    host, _, path = address.partition("/")
    answer = MARKET.hosts[host].answers[f"/{path}"]
    assert answer.status == 200
    assert mark in answer.body.decode()


@pytest.mark.parametrize("host", [name for name in STUDIED if name != "crema-fort.example"])
def test_a_site_has_five_pages_or_more(host):
    pages = {
        answer.body
        for answer in MARKET.hosts[host].answers.values()
        if answer.status == 200 and answer.content_type.startswith("text/html")
    }
    assert len(pages) >= 5


def test_chats_for_the_browser_leave_no_trace_in_the_pages():
    for host, vendor in (("grindly.example", "crisp"), ("roestwerk.example", "userlike")):
        for answer in MARKET.hosts[host].answers.values():
            if answer.content_type.startswith("text/html"):
                assert vendor not in answer.body.decode().lower()


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://grindly.example/contact", "tag-manager"),
        ("http://roestwerk.example/kontakt/", "consent"),
        ("http://kettlecrest.example/", None),
        ("http://brewhaven.example/contact.html", None),
    ],
)
def test_a_browser_is_asked_for_where_it_could_find_a_chat(url, why):
    assert chat_question_open(parsed(url)) == why


def test_reviews_of_the_market_are_many_and_differ():
    reviews = [
        review
        for url, wanted in EXPECTED.items()
        if "reviews" in wanted
        for review in observe(parsed(url), ["reviews"]).reviews
    ]
    assert 60 <= len(reviews) <= 150
    assert len({review.text for review in reviews}) == len(reviews)
    assert {review.rating for review in reviews} == {1, 2, 3, 4, 5}
    assert all(review.date and "2025-09" <= review.date < "2026-07" for review in reviews)


def test_every_link_leads_to_a_page_but_the_one_that_is_meant_to_be_dead():
    dead = set()
    for host, site in MARKET.hosts.items():
        for path, answer in site.answers.items():
            if answer.status != 200 or not answer.content_type.startswith("text/html"):
                continue
            page = ParsedPage.from_bytes(answer.body, f"http://{host}{path}", answer.content_type)
            for node in page.tree.css("a[href]"):
                target = urlsplit(urljoin(page.url, node.attributes["href"]))
                known = MARKET.hosts.get(target.netloc)
                if known and known.answer(target.path).status == 404:
                    dead.add(target.netloc + target.path)
    assert dead == {"beanbargain.example/sale.html"}


def test_only_reserved_host_names_are_used_for_companies():
    assert all(host.endswith(".example") for host in MARKET.hosts)
    for entry in MARKET.searches.values():
        assert {urlsplit(row["url"]).netloc for row in entry["results"]} <= MARKET.hosts.keys()


def test_every_result_of_the_search_leads_to_a_page_or_a_refusal():
    for entry in MARKET.searches.values():
        for row in entry["results"]:
            target = urlsplit(row["url"])
            assert MARKET.hosts[target.netloc].answer(target.path).status in (200, 403), row["url"]


# -- how it is read


@pytest.mark.parametrize("url", [url for url in EXPECTED if "faq" in EXPECTED[url]])
def test_faq_page_is_read_as_written(url):
    wanted = EXPECTED[url]
    found = {entry.question: entry for entry in observe(parsed(url), ["faq"]).faq}
    assert list(found) == list(wanted["faq"])
    for question, start in wanted["faq"].items():
        assert found[question].answer.startswith(start)
        assert bool(found[question].answer) == bool(start)
    assert {entry.origin for entry in found.values()} == {wanted["origin"]}


@pytest.mark.parametrize("url", [url for url in EXPECTED if "reviews" in EXPECTED[url]])
def test_review_page_is_read_as_written(url):
    wanted, found = EXPECTED[url], observe(parsed(url), ["reviews"])
    assert len(found.reviews) == wanted["reviews"]
    assert sum(review.rating for review in found.reviews) == wanted["stars"]
    assert {review.rating_max for review in found.reviews} == {5}
    assert sum(bool(review.reply) for review in found.reviews) == wanted.get("replies", 0)
    assert [[r.value, r.count] for r in found.ratings] == wanted.get("ratings", [])


@pytest.mark.parametrize("url", EXPECTED)
def test_chat_channels_and_language_are_read_as_written(url):
    wanted, page = EXPECTED[url], parsed(url)
    found = observe(page, ["chat", "channels"])
    assert found.errors == []
    embedded = [chat.vendor for chat in found.chat if chat.evidence == "embedded"]
    assert embedded == wanted.get("chat", [])
    for kind, values in wanted.get("channels", {}).items():
        assert [c.value for c in found.channels if c.kind == kind] == values
    assert page.language == wanted.get("language", page.language)


def test_page_with_a_wrong_charset_is_read_with_its_accents():
    assert "Our café corner in Zürich" in parsed("http://beanbargain.example/about.html").text


# -- how it is served


def test_proxy_serves_a_page_and_counts_it(sample):
    status, headers, text = get(sample, "http://brewhaven.example/faq.html")
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "<dt>How long does delivery take?</dt>" in text
    assert sample.hits == {("brewhaven.example", "/faq.html"): 1}


def test_a_host_header_names_the_site_too(sample):
    connection = HTTPConnection("127.0.0.1", sample.port, timeout=10)
    connection.request("GET", "/faq/", headers={"Host": "roestwerk.example"})
    text = connection.getresponse().read().decode()
    connection.close()
    assert "Häufige Fragen" in text


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("http://nobody.example/", 502),
        ("http://brewhaven.example/nothing", 404),
        ("http://brewhaven.example/reviews.jsonl", 404),
        ("http://brewhaven.example/_layout.html", 404),
        ("http://brewhaven.example/../market.toml", 404),
        ("http://beanbargain.example/sale.html", 404),
        ("http://beanbargain.example/order-status.html", 403),
        ("http://crema-fort.example/", 403),
        ("http://crema-fort.example/anything", 403),
        (f"http://{SEARCH_HOST}/search?q=x", 403),
        (f"http://{SEARCH_HOST}/search?format=json", 400),
        (f"http://{SEARCH_HOST}/search?q=x&format=json&pageno=0", 400),
    ],
)
def test_refusals_have_their_status(sample, url, status):
    assert get(sample, url)[0] == status


def test_connect_is_not_served(sample):
    connection = HTTPConnection("127.0.0.1", sample.port, timeout=10)
    connection.request("CONNECT", "brewhaven.example:443")
    assert connection.getresponse().status == 501
    connection.close()


def test_old_address_redirects(sample):
    status, headers, _ = get(sample, "http://beanbargain.example/help.html")
    assert (status, headers["Location"]) == (301, "http://beanbargain.example/faq.html")


def test_slow_page_takes_its_time(sample):
    started = time.monotonic()
    assert get(sample, "http://beanbargain.example/warranty.html")[0] == 200
    assert time.monotonic() - started >= 0.5


def test_search_answers_like_searxng(sample):
    found = search(sample, "Espresso Machine")
    first = found["results"][0]
    assert {"url", "title", "content", "engine", "engines", "positions"} <= first.keys()
    assert first["url"] == "http://kettlecrest.example/products/crest-one"
    assert len(found["results"]) == 10
    assert found["suggestions"]


def test_second_page_goes_on_where_the_first_ended(sample):
    first, second = (search(sample, "espresso machine", page)["results"] for page in (1, 2))
    assert [row["positions"] for row in second] == [[11], [12]]
    assert not {row["url"] for row in first} & {row["url"] for row in second}


def test_other_queries_find_nothing(sample):
    assert search(sample, "garden hose")["results"] == []


@pytest.mark.parametrize("keyword", MARKET.keywords)
def test_each_keyword_has_results_and_a_volume(keyword):
    assert MARKET.search(keyword, 1)["results"]
    assert MARKET.keywords[keyword] > 0


def test_answers_are_the_same_each_time():
    assert load_market() == MARKET


def test_a_delayed_host_waits_and_others_do_not(sample):
    sample.delay("brewhaven.example", 0.3)
    started = time.monotonic()
    get(sample, "http://brewhaven.example/faq.html")
    assert time.monotonic() - started >= 0.3


def test_a_dropped_connection_gives_no_answer(sample):
    sample.drop("brewhaven.example")
    with pytest.raises(RemoteDisconnected):
        get(sample, "http://brewhaven.example/faq.html")
    sample.drop("brewhaven.example", on=False)
    assert get(sample, "http://brewhaven.example/faq.html")[0] == 200


def test_market_is_small_enough_for_the_wheel():
    folder = Path(load_market.__code__.co_filename).parent
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    assert size < 1_500_000


def test_reviews_speak_of_what_customers_care_about():
    text = " ".join(
        review.text.lower()
        for url, wanted in EXPECTED.items()
        if "reviews" in wanted
        for review in observe(parsed(url), ["reviews"]).reviews
    )
    for words in (
        "delivery", "refund", "waited", "support", "price", "build quality", "easy to use",
        "checkout", "invoice|charged", "cancel", "set up|setup", "informed|announced",
    ):  # fmt: skip
        assert re.search(words, text), words

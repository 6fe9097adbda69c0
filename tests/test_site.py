"""A visit to a brand: whole crawls of a small real site on loopback."""

import pytest

from crawler.errors import ConfigError
from crawler.items import Link, Observations, PageVisit
from spiders.site import SiteSpider
from tests.crawling import run_spider, settings_for
from tests.loopback import Answer, serve


def page(title, *links, body=""):
    anchors = "".join(f'<a href="{url}">{text}</a>' for url, text in links)
    return Answer(f"<html lang=en><title>{title}</title><body><nav>{anchors}</nav>{body}</body>")


FAQ = """<h1>FAQ</h1><details><summary>How do I return an item?</summary><p>Send it back within
30 days in the box.</p></details><details><summary>How long does delivery take?</summary>
<p>Two to four working days.</p></details>"""


def visit(site, **arguments):
    arguments.setdefault("seeds", site.url("/"))
    items, stats = run_spider(SiteSpider, settings_for(site), domain="127.0.0.1", **arguments)
    assert all(isinstance(item, PageVisit) for item in items)
    return items, stats


def paths(items, site):
    return [item.page.url.removeprefix(site.url("")) for item in items]


def test_likely_pages_come_before_the_others():
    routes = {
        "/": page("Shop", ("/shoes", "Shoes"), ("/blog", "Blog"), ("/faq", "FAQ"),
                  ("/contact", "Contact")),
        "/faq": page("FAQ", body=FAQ),
    }  # fmt: skip
    for path in ("/shoes", "/blog", "/contact"):
        routes[path] = page(path)
    with serve(routes) as site:
        items, _ = visit(site)
        assert paths(items, site)[:3] == ["/", "/faq", "/contact"]
        faq = items[1]
        assert [entry.question for entry in faq.observations.faq] == [
            "How do I return an item?", "How long does delivery take?"
        ]  # fmt: skip
        assert (faq.page.purpose, faq.page.depth, faq.page.language) == ("faq", 1, "en")


def test_budget_of_pages_holds():
    links = [(f"/p{n}", f"Page {n}") for n in range(30)]
    routes = {"/": page("Shop", *links), **{f"/p{n}": page(str(n)) for n in range(30)}}
    with serve(routes) as site:
        items, _ = visit(site, pages=5)
        assert len([item for item in items if item.page.state == "ok"]) == 5


def test_wanted_page_beyond_the_budget_is_told():
    routes = {"/": page("Shop", ("/faq", "FAQ"), ("/contact", "Contact"), ("/x", "Shoes")),
              "/faq": page("FAQ", body=FAQ), "/contact": page("Contact")}  # fmt: skip
    with serve(routes) as site:
        items, _ = visit(site, pages=2)
        states = {
            path: item.page.state for path, item in zip(paths(items, site), items, strict=True)
        }
        assert states == {"/": "ok", "/faq": "ok", "/contact": "budget"}


def test_sitemap_of_robots_leads_to_pages_that_nothing_links():
    with serve({"/": page("Shop"), "/help/faq": page("FAQ", body=FAQ)}) as site:
        sitemap = f"<urlset><url><loc>{site.url('/help/faq')}</loc></url></urlset>"
        site.routes["/robots.txt"] = Answer(f"Sitemap: {site.url('/map.xml')}")
        site.routes["/map.xml"] = Answer(sitemap, content_type="application/xml")
        items, _ = visit(site)
        assert paths(items, site) == ["/", "/help/faq"]


def test_addresses_in_a_sitemap_that_cannot_be_ones_do_not_end_the_visit():
    odd = [
        "http://[fe80::1%25lo]:80/faq",
        "http://[/faq",
        "http://a:b:c/faq",
        "file:///etc/faq",
        "http://127.0.0.1\\@a.example/faq",
        "//127.0.0.1/faq",
        "faq",
        "http://u@127.0.0.1/faq",
    ]
    with serve({"/": page("Shop", ("/shoes", "Shoes")), "/shoes": page("Shoes")}) as site:
        locs = "".join(f"<url><loc>{url}</loc></url>" for url in odd)
        site.routes["/robots.txt"] = Answer(
            f"Sitemap: {site.url('/map.xml')}\nSitemap: http://[bad/\nSitemap: {site.url('/2.xml')}"
        )
        site.routes["/map.xml"] = Answer(f"<urlset>{locs}</urlset>")
        site.routes["/2.xml"] = Answer(f"<sitemapindex>{locs}</sitemapindex>")
        items, _ = visit(site)
        assert paths(items, site) == ["/", "/shoes"]


def test_page_that_breaks_our_reading_does_not_end_the_visit(monkeypatch):
    def observe(parsed):
        if parsed.title == "Bad":
            raise RuntimeError("bug")
        return Observations(links=[Link(site.url(path), "other", 0.5) for path in ("/a", "/b")])

    with serve({"/": page("Shop"), "/a": page("Bad"), "/b": page("Good")}) as site:
        monkeypatch.setattr("spiders.site.observe", observe)
        items, _ = visit(site)
        assert [item.page.state for item in items] == ["ok", "error", "ok"]
        assert "RuntimeError" in items[1].page.reason


def test_challenge_page_is_blocked_and_not_read():
    challenge = Answer("<title>Just a moment...</title><p>contact@a.example", 403)
    with serve({"/": challenge}) as site:
        items, _ = visit(site)
        assert items[0].page.state == "blocked"
        assert items[0].observations.channels == []


@pytest.mark.parametrize(("status", "state"), [(404, "not_found"), (410, "not_found"),
                                               (401, "blocked"), (500, "error")])  # fmt: skip
def test_status_becomes_a_state(status, state):
    with serve({"/": Answer("no", status)}) as site:
        items, _ = visit(site)
        assert items[0].page.state == state
        assert str(status) in items[0].page.reason


def test_page_reached_twice_by_redirect_is_stored_once():
    moved = Answer("", 302, {"Location": "/faq"})
    routes = {"/": page("Shop", ("/a", "FAQ"), ("/b", "Help")), "/faq": page("FAQ", body=FAQ)}
    routes |= {"/a": moved, "/b": moved}
    with serve(routes) as site:
        items, _ = visit(site)
        assert sum(len(item.observations.faq) for item in items) == 2


def test_link_to_another_site_is_not_followed():
    with serve({"/": page("Other")}) as other:
        elsewhere = other.url("/").replace("127.0.0.1", "127.0.0.2")
        with serve({"/": page("Shop", (elsewhere, "FAQ"))}) as site:
            items, _ = visit(site)
            assert len(items) == 1


def test_download_is_no_page():
    routes = {"/": page("Shop", ("/help", "Help")),
              "/help": Answer(b"%PDF-1.7", content_type="application/pdf")}  # fmt: skip
    with serve(routes) as site:
        items, _ = visit(site)
        assert items[1].page.state == "error"
        assert "application/pdf" in items[1].page.reason


@pytest.mark.parametrize(
    "body", [b"%PDF-1.7\n1 0 obj", bytes(range(256)) * 9], ids=["pdf", "noise"]
)
def test_body_that_is_no_text_is_no_page_whatever_its_label(body):
    with serve({"/": Answer(body)}) as site:
        items, _ = visit(site)
        assert items[0].page.state == "error"
        assert "no text" in items[0].page.reason


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-16", "utf-16-le", "utf-32", "shift_jis", "iso2022_jp", "euc_kr"]
)
def test_body_in_any_encoding_is_a_page(encoding):
    text = "<title>Hilfe</title><p>" + ("口コミ " if encoding != "euc_kr" else "리뷰 ") * 400
    with serve({"/": Answer(text.encode(encoding))}) as site:
        items, _ = visit(site)
        assert items[0].page.state == "ok"


def test_page_that_a_parser_would_choke_on_is_marked():
    deep = "<div>" * 50_000 + "<p>hello" + "</div>" * 50_000
    with serve({"/": Answer(deep)}) as site:
        items, _ = visit(site)
        assert items[0].page.state == "too_complex"


def test_same_site_gives_the_same_visit():
    routes = {"/": page("Shop", *((f"/help/{n}", f"Help {n}") for n in range(9)))}
    routes |= {f"/help/{n}": page(f"Help {n}", (f"/help/{(n * 7) % 9}", "FAQ")) for n in range(9)}
    with serve(routes) as site:
        assert paths(visit(site)[0], site) == paths(visit(site)[0], site)


def test_spider_without_a_domain_says_how():
    with pytest.raises(ConfigError, match="-a domain="):
        SiteSpider()

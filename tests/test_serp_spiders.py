"""All search spiders at once, each one's saved answers, and whole searches against loopback."""

import asyncio
import importlib
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from string import Template

import pytest
from scrapy.http import TextResponse
from scrapy.utils.test import get_crawler

from crawler.errors import ConfigError
from crawler.items import Search
from spiders.base.serp import SerpSpider, split_keywords
from spiders.serp_ddgs import SerpDdgsSpider
from spiders.serp_searxng import SerpSearxngSpider
from tests.crawling import run_spider, settings_for
from tests.loopback import Answer, serve

TESTS = Path(__file__).parent
FILES = sorted((TESTS.parent / "spiders").glob("serp_*.py"))
CASES = sorted(path.parent for path in (TESTS / "pages").glob("serp_*/*/items.json"))
KEY = "Sesame-open-1234"
ARGUMENTS = {"serp_searxng": {"searxng_url": "http://127.0.0.1:8888"}}
NO_REQUESTS = {"serp_file", "serp_ddgs"}
PROVIDERS = [path.stem for path in FILES if path.stem not in NO_REQUESTS]


def spider_class(name):
    module = importlib.import_module(f"spiders.{name}")
    return getattr(module, "".join(part.capitalize() for part in name.split("_")) + "Spider")


def made(name, **arguments):
    keys = {"PROVIDER_KEYS": {"GOOGLE_CSE_CX": "0123:abc", spider_class(name).key_env or "-": KEY}}
    cls = spider_class(name)
    given = {"keywords": "crm\nbest crm", **ARGUMENTS.get(name, {}), **arguments}
    return cls.from_crawler(get_crawler(cls, keys), **given)


def started(spider):
    async def collect():
        return [entry async for entry in spider.start()]

    return asyncio.run(collect())


def answer(request, body, status=200, content_type="application/json"):
    return TextResponse(
        request.url,
        status=status,
        body=body if isinstance(body, bytes) else body.encode(),
        headers={"Content-Type": content_type},
        encoding="utf-8",
        request=request,
    )


def finish(spider, request, **response):
    """What the spider yields for an answer to `request`."""
    return list(request.callback(answer(request, **response), **request.cb_kwargs))


# -- every spider


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file_spider_and_class_carry_one_name(path):
    cls = spider_class(path.stem)
    assert cls.name == path.stem
    assert issubclass(cls, SerpSpider)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_spider_says_what_it_is_and_which_key_it_needs(path):
    cls = spider_class(path.stem)
    assert len(cls.__doc__) > 60
    if cls.key_env:
        assert cls.key_env in cls.__doc__
        assert set(cls.secret) in ({"header", "format"}, {"param"})


@pytest.mark.parametrize("name", PROVIDERS)
def test_the_first_request_asks_for_the_first_keyword(name):
    first, second = started(made(name))
    asked = first.url + first.body.decode()
    assert "crm" in asked
    assert second.url + second.body.decode() != asked
    assert first.url.startswith(("https://", "http://127.0.0.1"))
    assert first.meta["dont_obey_robotstxt"]
    assert first.meta["provider"]
    assert first.dont_filter


@pytest.mark.parametrize("name", PROVIDERS)
def test_no_request_holds_the_key(name):
    for request in started(made(name, country="de", language="de")):
        told = f"{request!r} {request.url} {request.headers} {request.body} {request.meta}"
        assert KEY not in told
        key_env = spider_class(name).key_env
        assert request.meta.get("secret", {}).get("env") == key_env


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_500_gives_one_search_in_state_error_and_nothing_else(name):
    spider = made(name)
    request = started(spider)[0]
    (search,) = finish(spider, request, body="<h1>Internal error</h1>", status=500)
    assert isinstance(search, Search)
    assert (search.keyword, search.state, search.results) == ("crm", "error", [])
    assert search.reason.startswith("500: ")


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("body", ["", "<html>hello</html>", "[]", "{}", "null", '{"a":', "\0\1"])
def test_an_unreadable_answer_is_an_error_not_an_empty_ranking(name, body):
    spider = made(name)
    request = started(spider)[0]
    (search,) = finish(spider, request, body=body)
    assert search.state == "error"
    assert search.reason


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_missing_key_is_said_for_each_keyword_without_a_request(name):
    cls = spider_class(name)
    crawler = get_crawler(cls, {"PROVIDER_KEYS": {}})
    spider = cls.from_crawler(crawler, keywords="a,b", **ARGUMENTS.get(name, {}))
    entries = started(spider)
    assert len(entries) == 2
    if cls.key_env:
        assert all(isinstance(entry, Search) for entry in entries)
        assert {entry.state for entry in entries} == {"error"}
        assert cls.key_env in entries[0].reason


@pytest.mark.parametrize("name", PROVIDERS)
def test_locale_reaches_the_provider(name):
    spider = made(name, country="DE", language="de")
    plain, local = started(made(name))[0], started(spider)[0]
    assert plain.url + plain.body.decode() != local.url + local.body.decode()
    (search,) = finish(spider, local, body="{}")
    assert (search.country, search.language, search.device) == ("de", "de", "desktop")


@pytest.mark.parametrize("folder", CASES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_saved_answer_gives_the_expected_search(folder):
    page = json.loads((folder / "page.json").read_text("utf-8"))
    body = next(f for f in (folder / "body.json", folder / "page.html") if f.exists())
    spider = made(folder.parent.name, depth="2")
    request = started(spider)[0]
    (search,) = finish(spider, request, body=body.read_bytes(), status=page["status"])
    want = json.loads((folder / "items.json").read_text("utf-8"))
    assert {name: asdict(search)[name] for name in want} == want


def test_every_provider_that_is_asked_has_a_saved_answer():
    assert {folder.parent.name for folder in CASES} == set(PROVIDERS)


# -- paging, ranks, states


def searxng_page(*urls, query="crm"):
    results = [{"url": url, "title": url, "content": ""} for url in urls]
    return json.dumps({"query": query, "results": results, "unresponsive_engines": []})


def test_pages_are_asked_until_the_depth_is_reached():
    spider = made("serp_searxng", depth="3")
    request = started(spider)[0]
    (more,) = finish(spider, request, body=searxng_page("https://a.example/", "https://b.example/"))
    assert "pageno=2" in more.url
    assert more.meta == request.meta
    (search,) = finish(spider, more, body=searxng_page("https://b.example/", "https://c.example/"))
    assert [(hit.rank, hit.url) for hit in search.results] == [
        (1, "https://a.example/"),
        (2, "https://b.example/"),
        (3, "https://c.example/"),
    ]
    assert (search.state, search.reason, search.depth) == ("ok", "", 3)


def test_paging_ends_when_a_page_brings_nothing_new():
    spider = made("serp_searxng", depth="50")
    request = started(spider)[0]
    (more,) = finish(spider, request, body=searxng_page("https://a.example/"))
    (search,) = finish(spider, more, body=searxng_page("https://a.example/"))
    assert (search.state, search.depth) == ("ok", 1)


def test_a_failing_second_page_keeps_the_first_and_says_so():
    spider = made("serp_searxng", depth="50")
    request = started(spider)[0]
    (more,) = finish(spider, request, body=searxng_page("https://a.example/"))
    (search,) = finish(spider, more, body="{}", status=429)
    assert (search.state, search.depth) == ("ok", 1)
    assert search.reason.startswith("page 2 failed (quota): 429")


def test_the_record_of_the_archive_is_kept():
    spider = made("serp_searxng", depth="1")
    request = started(spider)[0]
    request.meta["archive_record"] = "urn:uuid:1"
    (search,) = finish(spider, request, body=searxng_page("https://a.example/"))
    assert search.record == "urn:uuid:1"


def test_times_are_aware_and_utc():
    spider = made("serp_searxng", depth="1")
    (search,) = finish(spider, started(spider)[0], body=searxng_page("https://a.example/"))
    assert datetime.fromisoformat(search.fetched_at).utcoffset() == UTC.utcoffset(None)


def test_a_challenge_page_instead_of_json_is_blocked():
    spider = made("serp_searxng")
    page = "<title>Just a moment...</title><script src=/cdn-cgi/challenge-platform/x></script>"
    (search,) = finish(spider, started(spider)[0], body=page)
    assert search.state == "blocked"


def test_a_key_in_an_error_message_is_masked():
    spider = made("serp_serpapi")
    request = started(spider)[0]
    body = json.dumps({"error": f"bad call https://serpapi.com/search?q=x&api_key={KEY}&a=1"})
    (search,) = finish(spider, request, body=body)
    assert KEY not in search.reason
    assert "api_key=***&a=1" in search.reason


class Broken(SerpSearxngSpider):
    """Cannot read what it gets."""

    name = "serp_broken"
    parser = None

    def hits(self, response):
        raise ZeroDivisionError("no such thing")


def test_a_bug_in_a_child_costs_its_keyword_only(caplog):
    crawler = get_crawler(Broken)
    spider = Broken.from_crawler(crawler, keywords="a,b", **ARGUMENTS["serp_searxng"])
    first, second = started(spider)
    for request, keyword in ((first, "a"), (second, "b")):
        (search,) = finish(spider, request, body="{}")
        assert (search.keyword, search.state) == (keyword, "error")
    assert "ZeroDivisionError" in search.reason


@pytest.mark.parametrize("depth", ["0", "101", "ten"])
def test_a_depth_out_of_range_is_a_config_error(depth):
    with pytest.raises(ConfigError, match="depth of serp_searxng"):
        made("serp_searxng", depth=depth)


@pytest.mark.parametrize("url", ["", "127.0.0.1:8888", "ftp://127.0.0.1/", "http://"])
def test_searxng_wants_an_http_address(url):
    with pytest.raises(ConfigError, match="searxng_url"):
        made("serp_searxng", searxng_url=url)


@pytest.mark.parametrize(
    ("given", "keywords"),
    [
        ("a, b,,A", ["a", "b"]),
        ("a, b\nc", ["a, b", "c"]),
        ("\n one \n", ["one"]),
        (["a, b", " a,  b", "c"], ["a, b", "c"]),
        ("", []),
    ],
)
def test_keywords_come_as_lines_commas_or_a_list(given, keywords):
    assert split_keywords(given) == keywords


def test_an_unknown_country_of_dataforseo_is_an_error_of_the_search():
    (first, second) = started(made("serp_dataforseo", country="zz"))
    assert (first.state, second.state) == ("error", "error")
    assert "'zz'" in first.reason


# -- whole searches


def test_one_failing_keyword_does_not_stop_the_others():
    routes = {
        "/search?q=good&format=json&categories=general&pageno=1": Answer(
            searxng_page("https://a.example/"), content_type="application/json"
        ),
        "/search?q=bad&format=json&categories=general&pageno=1": Answer("oh", 500),
    }
    with serve(routes) as site:
        items, stats = run_spider(
            SerpSearxngSpider,
            settings_for(site, TRUSTED_URLS=[site.url()], RETRY_ENABLED=False),
            keywords="bad,good,lost",
            searxng_url=site.url(),
            depth="1",
        )
    states = {search.keyword: search.state for search in items}
    assert states == {"good": "ok", "bad": "error", "lost": "error"}
    assert "log_count/ERROR" not in stats


def test_a_provider_that_is_not_there_gives_one_search_with_the_reason():
    with serve({}) as site:
        url = site.url()
    items, _ = run_spider(
        SerpSearxngSpider,
        settings_for(site, TRUSTED_URLS=[url], RETRY_ENABLED=False),
        keywords="crm",
        searxng_url=url,
    )
    assert [(search.keyword, search.state) for search in items] == [("crm", "error")]
    assert items[0].reason


# -- rank files


def file_search(tmp_path, text, name="ranks.csv", **arguments):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    cls = spider_class("serp_file")
    return started(cls.from_crawler(get_crawler(cls), file=str(path), **arguments))


def test_a_rank_export_gives_a_search_for_each_keyword(tmp_path):
    text = (
        "keyword;rank;url\ncrm;2;https://b.example/\ncrm;1;a.example/x\nerp;4;https://c.example/\n"
    )
    crm, erp = file_search(tmp_path, text)
    assert [(hit.rank, hit.url) for hit in crm.results] == [
        (1, "https://a.example/x"),
        (2, "https://b.example/"),
    ]
    assert (crm.state, crm.depth, crm.provider) == ("ok", 2, "file")
    assert (erp.state, erp.depth) == ("ok", 0)  # ranks 1 to 3 are not known


def test_a_rank_export_without_positions_is_in_the_order_of_its_rows(tmp_path):
    (search,) = file_search(
        tmp_path, "Keyword,URL\ncrm,https://a.example/\ncrm,https://b.example/\n"
    )
    assert [hit.rank for hit in search.results] == [1, 2]


def test_a_keyword_that_is_not_in_the_file_is_not_unranked(tmp_path):
    text = "keyword,position,url\ncrm,1,https://a.example/\n"
    (found, lost) = file_search(tmp_path, text, keywords="CRM,erp")
    assert (found.keyword, found.state) == ("CRM", "ok")
    assert (lost.state, lost.reason) == ("error", "no ranked address for it in the file")


def test_ranks_as_json_lists_of_results_are_read(tmp_path):
    ranks = [
        {"keyword": "crm", "results": [{"rank": 1, "url": "https://a.example/", "title": "A"}]}
    ]
    (search,) = file_search(tmp_path, json.dumps(ranks), "ranks.json")
    assert [(hit.rank, hit.title) for hit in search.results] == [(1, "A")]


@pytest.mark.parametrize("text", ["", "hello\nworld\n", "PK\x03\x04zip", "{]"])
def test_a_file_that_is_no_rank_export_is_a_config_error(tmp_path, text):
    with pytest.raises(ConfigError, match="rank export"):
        file_search(tmp_path, text)


def test_a_rank_file_that_is_not_there_is_a_config_error():
    with pytest.raises(ConfigError, match="cannot be read"):
        spider_class("serp_file")(file="/no/such/file.csv")


# -- ddgs

PAGE = """<div class="results"><div class="result web-result"><h2 class="result__title">
<a class="result__a" href="//duckduckgo.com/l/?uddg=https%3A%2F%2F{host}%2F">A title</a></h2>
<a class="result__snippet">What it says there.</a></div></div>"""


class Ddgs(SerpDdgsSpider):
    """The library replaced by pages given beforehand."""

    pages: dict = {}  # noqa: RUF012

    def fetch(self, keyword, page):
        found = self.pages[keyword, page]
        if isinstance(found, Exception):
            raise found
        return found


def ddgs_search(pages, **arguments):
    class Given(Ddgs):
        pass

    Given.pages = pages
    spider = Given.from_crawler(get_crawler(Given, {"DOWNLOAD_DELAY": 0}), **arguments)
    return started(spider)


def test_ddgs_pages_are_read_in_the_order_of_the_engine():
    pages = {("a", 1): PAGE.format(host="one.example"), ("a", 2): PAGE.format(host="two.example")}
    (search,) = ddgs_search(pages, keywords="a", depth="2")
    assert [hit.url for hit in search.results] == ["https://one.example/", "https://two.example/"]
    assert (search.state, search.provider) == ("ok", "ddgs")


def test_ddgs_failures_are_states_and_the_others_go_on():
    pages = {("a", 1): OSError("no route"), ("b", 1): None, ("c", 1): PAGE.format(host="c.example")}
    a, b, c = ddgs_search(pages, keywords="a,b,c", depth="1")
    assert [(s.state, s.depth) for s in (a, b, c)] == [("error", 0), ("blocked", 0), ("ok", 1)]
    assert "no route" in a.reason


def test_ddgs_that_is_not_installed_names_the_extra(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ddgs.engines", None)
    spider = SerpDdgsSpider.from_crawler(get_crawler(SerpDdgsSpider), keywords="a")
    (search,) = started(spider)
    assert search.state == "error"
    assert "cxscout[ddgs]" in search.reason


# -- a new provider


def test_the_template_of_genspider_makes_a_provider_that_works():
    template = TESTS.parent / "spiders" / "templates" / "spiders" / "serp.tmpl"
    source = Template(template.read_text("utf-8")).substitute(
        name="serp_x", domain="x.example", classname="SerpXSpider"
    )
    module = {"__name__": "spiders.serp_x"}
    exec(compile(source, "serp_x.py", "exec"), module)
    cls = module["SerpXSpider"]
    spider = cls.from_crawler(get_crawler(cls), keywords="crm", depth="1")
    (request,) = started(spider)
    assert request.url == "https://x.example/search?q=crm&page=1"
    body = json.dumps({"results": [{"url": "https://a.example/", "title": "A"}]})
    (search,) = finish(spider, request, body=body)
    assert [(hit.rank, hit.url) for hit in search.results] == [(1, "https://a.example/")]
    (search,) = finish(spider, started(spider)[0], body='{"results": []}')
    assert search.state == "empty"

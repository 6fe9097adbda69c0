"""How we behave as guests, seen from the host: a real server, real crawls."""

from datetime import UTC, datetime

import pytest

from crawler.politeness import retry_after_s
from tests.crawling import FetchSpider, run_spider, settings_for
from tests.loopback import Answer, serve

PAGE = Answer("<p>hello")


def fetch(site, *paths, **settings):
    urls = [path if "://" in path else site.url(path) for path in paths]
    return run_spider(FetchSpider, settings_for(site, **settings), urls=urls)


def states(items):
    return [item["state"] for item in items]


def robots(body, status=200, headers=None):
    return Answer(body, status, headers, content_type="text/plain")


def test_disallowed_address_is_not_fetched():
    with serve({"/robots.txt": robots("User-agent: *\nDisallow: /no"), "/yes": PAGE}) as site:
        items, _ = fetch(site, "/no", "/yes")
        assert states(items) == ["robots", "ok"]
        assert site.hits["/no"] == 0


def test_our_own_group_in_robots_is_the_one_that_counts():
    body = "User-agent: *\nDisallow: /\n\nUser-agent: cxscout\nDisallow: /no\n"
    with serve({"/robots.txt": robots(body), "/yes": PAGE, "/no": PAGE}) as site:
        assert states(fetch(site, "/yes", "/no")[0]) == ["ok", "robots"]


@pytest.mark.parametrize("status", [500, 503, 429])
def test_broken_robots_disallows_everything(status):
    with serve({"/robots.txt": robots("oops", status, {"Retry-After": "0"}), "/": PAGE}) as site:
        items, _ = fetch(site, "/")
        assert states(items) == ["robots"]
        assert str(status) in items[0]["reason"]
        assert site.hits["/"] == 0


@pytest.mark.parametrize("status", [404, 403, 410])
def test_missing_robots_allows_everything(status):
    with serve({"/robots.txt": robots("User-agent: *\nDisallow: /", status), "/": PAGE}) as site:
        assert states(fetch(site, "/")[0]) == ["ok"]


def test_unreachable_robots_disallows_everything():
    with serve({}) as gone:
        pass
    items, _ = run_spider(FetchSpider, settings_for(gone), urls=[gone.url("/")])
    assert states(items) == ["robots"]
    assert "could not be had" in items[0]["reason"]


def test_robots_of_https_that_cannot_be_had_does_not_speak_for_http():
    with serve({"/robots.txt": robots("User-agent: *\nDisallow: /no"), "/yes": PAGE}) as site:
        secure = site.url("/yes").replace("http:", "https:")
        items, _ = fetch(site, secure, "/yes", "/no", secure)
        assert states(items) == ["robots", "ok", "robots", "robots"]
        assert site.hits["/robots.txt"] == 1


def test_robots_that_is_a_web_page_allows_everything():
    with serve({"/robots.txt": Answer("<html>not found, sorry"), "/": PAGE}) as site:
        assert states(fetch(site, "/")[0]) == ["ok"]


def test_late_rule_of_a_large_robots_is_obeyed():
    body = "User-agent: *\n" + "Disallow: /x\n" * 46_000 + "Disallow: /no\n"
    with serve({"/robots.txt": robots(body), "/no": PAGE}) as site:
        assert states(fetch(site, "/no")[0]) == ["robots"]


def test_crawl_delay_is_kept_between_two_fetches():
    body = "User-agent: *\nCrawl-delay: 0.4\n"
    with serve({"/robots.txt": robots(body), "/a": PAGE, "/b": PAGE, "/c": PAGE}) as site:
        fetch(site, "/a", "/b", "/c")
        at = [site.times[path][0] for path in ("/a", "/b", "/c")]
        assert min(at[1] - at[0], at[2] - at[1]) >= 0.39


def busy_then_ok(status, headers):
    answers = [Answer("busy", status, headers), PAGE]
    return lambda handler: answers.pop(0) if len(answers) > 1 else answers[0]


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_waited_for(status):
    with serve({"/": busy_then_ok(status, {"Retry-After": "1"})}) as site:
        items, _ = fetch(site, "/")
        assert states(items) == ["ok"]
        first, second = site.times["/"]
        assert second - first >= 0.99


def test_host_that_asks_for_a_year_is_left_alone():
    year = str(365 * 24 * 3600)
    with serve({"/": Answer("busy", 429, {"Retry-After": year}), "/b": PAGE}) as site:
        items, _ = fetch(site, "/", "/b")
        assert site.hits["/"] == 1
        assert site.hits["/b"] == 0
        assert items[1]["state"] == "blocked"
        assert "stay away" in items[1]["reason"]


def test_host_that_stays_busy_is_asked_four_times_in_all():
    busy = Answer("busy", 429, {"Retry-After": "0"})
    with serve({"/": busy, "/b": busy, "/c": PAGE}) as site:
        items, _ = fetch(site, "/", "/b", "/c")
        assert (site.hits["/"], site.hits["/b"], site.hits["/c"]) == (2, 2, 0)
        assert items[2]["state"] == "blocked"


def test_one_busy_page_does_not_cost_the_others():
    busy = Answer("busy", 429, {"Retry-After": "0"})
    with serve({"/a": busy, "/b": PAGE, "/c": busy, "/d": PAGE}) as site:
        items, _ = fetch(site, "/a", "/b", "/c", "/d")
        assert [item.get("status") for item in items] == [429, 200, 429, 200]


def test_dead_host_is_left_alone_after_a_few_failures():
    with serve({}) as gone:
        pass
    urls = [gone.url(f"/{number}") for number in range(8)]
    items, _ = run_spider(FetchSpider, settings_for(gone, ROBOTSTXT_OBEY=False), urls=urls)
    assert states(items) == ["error"] * 8
    assert "refused" in items[0]["reason"]
    assert "left alone" in items[-1]["reason"]


def test_private_address_is_refused_also_by_redirect():
    with serve({"/secret": PAGE}) as inside:
        routes = {"/": Answer("", 302, {"Location": inside.url("/secret")})}
        with serve(routes) as site:
            items, _ = fetch(site, "/", inside.url("/secret"))
            assert states(items) == ["refused", "refused"]
            assert sum(inside.hits.values()) == 0


@pytest.mark.parametrize(
    "spelling",
    ["http://localhost:{port}/", "http://127.1:{port}/", "http://2130706433:{port}/",
     "http://0x7f000001:{port}/", "http://[::ffff:127.0.0.1]:{port}/", "http://127.0.0.1.:{port}/"],
)  # fmt: skip
def test_other_spellings_of_a_private_address_are_refused(spelling):
    with serve({"/": PAGE}) as inside:
        url = spelling.format(port=inside.port)
        items, _ = run_spider(FetchSpider, settings_for(ROBOTSTXT_OBEY=False), urls=[url])
        assert items[0]["state"] in ("refused", "error")
        assert sum(inside.hits.values()) == 0


def test_file_and_data_addresses_are_never_fetched():
    urls = ["file:///etc/passwd", "data:text/html,hello"]
    items, _ = run_spider(FetchSpider, settings_for(), urls=urls)
    assert "ok" not in states(items)


def test_large_response_is_cut_off_and_named():
    with serve({"/": Answer("x" * 200_000)}) as site:
        items, _ = fetch(site, "/", DOWNLOAD_MAXSIZE=100_000)
        assert states(items) == ["too_large"]


def test_slow_response_ends_at_the_deadline():
    def slow(handler):
        handler.connection.settimeout(5)
        handler.rfile.read1(0)
        import threading

        threading.Event().wait(1.5)
        return PAGE

    with serve({"/": slow}) as site:
        items, _ = fetch(site, "/", DOWNLOAD_TIMEOUT=0.3, ROBOTSTXT_OBEY=False)
        assert states(items) == ["timeout"]
        assert site.hits["/"] == 2


def test_key_is_on_the_wire_and_nowhere_else(caplog):
    seen = []

    def answer(handler):
        seen.append((handler.path, handler.headers.get("X-Token")))
        return PAGE

    with serve({"/a?q=1&key=s3cret%26": answer, "/a": answer}) as site:
        settings = settings_for(site, PROVIDER_KEYS={"K": "s3cret&"}, ROBOTSTXT_OBEY=False,
                                LOG_LEVEL="DEBUG")  # fmt: skip
        meta = {"secret": {"env": "K", "param": "key"}}
        items, _ = run_spider(FetchSpider, settings, urls=[site.url("/a?q=1")], meta=meta)
        meta = {"secret": {"env": "K", "header": "X-Token", "format": "t {key}"}}
        more, _ = run_spider(FetchSpider, settings, urls=[site.url("/a")], meta=meta)
        assert seen == [("/a?q=1&key=s3cret%26", None), ("/a", "t s3cret&")]
        assert "s3cret" not in str(items) + str(more) + caplog.text


def test_we_say_who_we_are():
    with serve({"/": PAGE}) as site:
        fetch(site, "/")
        assert all(agent.startswith("cxscout/") for agent in site.agents)


def test_nothing_in_the_archive_is_fetched_again(tmp_path):
    cache = {"HTTPCACHE_ENABLED": True, "ARCHIVE_DIR": str(tmp_path), "RUN_ID": 1}
    with serve({"/a": PAGE, "/b": Answer("gone", 404)}) as site:
        first, _ = fetch(site, "/a", "/b", "/a", **cache)
        before = dict(site.hits)
        again, _ = fetch(site, "/a", "/b", **cache)
        assert dict(site.hits) == before == {"/robots.txt": 1, "/a": 1, "/b": 1}
        assert [item["body"] for item in again] == [item["body"] for item in first[:2]]
        assert all(item["cached"] for item in again)


def test_failure_is_replayed_as_the_same_failure(tmp_path):
    cache = {"HTTPCACHE_ENABLED": True, "ARCHIVE_DIR": str(tmp_path), "RUN_ID": 1}
    with serve({"/": Answer("x" * 200_000)}) as site:
        first, _ = fetch(site, "/", DOWNLOAD_MAXSIZE=100_000, **cache)
        hits = site.hits["/"]
        again, _ = fetch(site, "/", DOWNLOAD_MAXSIZE=100_000, **cache)
        assert site.hits["/"] == hits
        assert first == again


def test_offline_run_opens_no_connection(tmp_path):
    cache = {"HTTPCACHE_ENABLED": True, "ARCHIVE_DIR": str(tmp_path), "RUN_ID": 2,
             "REPLAY_RUNS": [1], "OFFLINE": True, "HTTPCACHE_IGNORE_MISSING": True}  # fmt: skip
    with serve({"/": PAGE}) as site:
        items, _ = fetch(site, "/", **cache)
        assert sum(site.hits.values()) == 0
        assert states(items) != ["ok"]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"0", 0.0),
        (b"Thu, 01 Jan 2026 00:02:00 GMT", 120.0),
        (b"Wed, 31 Dec 2025 00:00:00 GMT", 0.0),
        (b"soon", None),
        (b"", None),
        (None, None),
        (b"9" * 400, 999_999_999_999.0),
    ],
)
def test_retry_after_is_read(value, seconds):
    assert retry_after_s(value, datetime(2026, 1, 1, tzinfo=UTC)) == seconds

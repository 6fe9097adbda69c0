"""Parsing of saved search responses: redirects, broken JSON, wrappers, and the serp-parse line."""

import base64
import html
import json
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crawler.errors import ConfigError
from crawler.items import SerpResult
from spiders.extract.serp import PROVIDERS, parse_serp, provider_name, serp_line
from spiders.extract.serp.apis import APIS
from spiders.extract.serp.html import ENGINES
from spiders.extract.serp.parsed import numbered
from spiders.extract.serp.urls import shown_address, unwrap

LINE = {"path", "provider", "query", "results", "ads", "questions", "related", "depth", "errors"}
GOOD = {
    "search_parameters": {"q": "crm"},
    "organic_results": [
        {"position": 1, "title": "A", "link": "https://a.example/", "snippet": "One."},
        {"position": 2, "title": "B", "link": "https://b.example/", "snippet": "Two."},
    ],
}
URLS = ["https://a.example/", "https://b.example/"]


def urls(found):
    return [hit.url for hit in found.results]


# -- redirects

hosts = st.from_regex(r"[a-z]{1,8}\.example", fullmatch=True)
tails = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Z")), max_size=20)
targets = st.builds(lambda host, tail: f"https://{host}/{quote(tail, safe='/?=&')}", hosts, tails)


@given(targets)
def test_a_redirect_of_each_engine_leads_to_its_target(target):
    coded = base64.urlsafe_b64encode(target.encode()).decode().rstrip("=")
    for link in (
        f"/url?sa=t&q={quote(target, safe='')}&ved=0",
        f"https://www.google.co.uk/url?url={quote(target, safe='')}",
        f"https://www.bing.com/ck/a?!&&p=1&u=a1{coded}&ntb=1",
        f"//duckduckgo.com/l/?uddg={quote(target, safe='')}&rut=0",
        f"https://r.search.yahoo.com/_ylt=A;_ylu=Y/RV=2/RU={quote(target, safe='')}/RK=2/RS=x-",
    ):
        assert unwrap(link, "https://www.google.com/search?q=x") == target


@settings(deadline=None)
@example("https://a.example/", "?")
@given(st.one_of(targets, st.text(max_size=80)), st.text(max_size=30))
def test_unwrapping_twice_is_unwrapping_once(target, extra):
    for link in (target, f"https://www.google.com/url?q={target}{extra}", f"{target}#:~:{extra}"):
        once = unwrap(link, "https://www.google.com/search")
        assert unwrap(once, "https://www.google.com/search") == once


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("https://a.example/x#:~:text=one%20two", "https://a.example/x"),
        ("https://a.example/x#part:~:text=one", "https://a.example/x#part"),
        ("https://a.example/x#part", "https://a.example/x#part"),
        ("https://www.google.com/amp/s/a.example/x?amp=1", "https://a.example/x?amp=1"),
        (
            "https://translate.google.com/translate?hl=de&u=https://a.example/x",
            "https://a.example/x",
        ),
        ("https://a--b-example.translate.goog/x?y=1&_x_tr_sl=en", "https://a-b.example/x?y=1"),
        (
            "https://a-example.cdn.ampproject.org/v/s/a.example/x?amp_js_v=0.1",
            "https://a.example/x",
        ),
        ("https://a-example.cdn.ampproject.org/c/a.example/x?y=1", "http://a.example/x?y=1"),
        ("https://cdn.ampproject.org/v0.js", None),
        ("https://www.google.com/url?q=javascript:alert(1)", None),
        ("https://www.bing.com/ck/a?u=a1!!!", None),
        ("https://a.example/url?q=https://b.example/", None),
        ("http://[broken", None),
        ("mailto:a@b.example", None),
    ],
)
def test_links_that_are_not_redirects_stay_as_they_are(link, target):
    assert unwrap(link) == (target or link)


# -- JSON as it is found


@pytest.mark.parametrize("provider", ["serpapi", "searchapi", "valueserp"])
def test_apis_that_read_google_share_their_names(provider):
    body = {
        **GOOD,
        "related_searches": [{"query": "erp"}],
        "ads": [{"link": "https://ad.example/"}],
    }
    found = parse_serp(provider, json.dumps(body).encode())
    assert (found.state, found.query, urls(found)) == ("ok", "crm", URLS)
    assert found.related == ["erp"]
    assert [ad.url for ad in found.ads] == ["https://ad.example/"]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda text: "\ufeff" + text,
        lambda text: f"callback({text});",
        lambda text: f"const response = {text};\nexport default response",
        lambda text: f'{{"status": "done", "response": {text}}}',
        lambda text: f'[{{"request": 1, "body": {text}}}]',
        lambda text: f"<html><body><pre>{html.escape(text)}</pre></body></html>",
        lambda text: f"```json\n{text}\n```",
    ],
)
def test_wrapped_json_is_read(wrap):
    found = parse_serp("serpapi", wrap(json.dumps(GOOD)).encode())
    assert (urls(found), found.errors) == (URLS, [])


def test_utf_16_json_is_read():
    assert urls(parse_serp("serpapi", json.dumps(GOOD).encode("utf-16"))) == URLS


def test_of_a_cut_off_answer_the_complete_part_is_read_and_the_rest_is_told():
    text = json.dumps(GOOD)
    found = parse_serp("serpapi", text[: text.index('"B"')].encode())
    assert urls(found) == URLS[:1]
    assert "cut off" in found.errors[0]


@given(st.integers(0, len(json.dumps(GOOD))))
def test_wherever_an_answer_is_cut_off_ranks_stay_right(length):
    found = parse_serp("serpapi", json.dumps(GOOD)[:length].encode())
    assert urls(found) == URLS[: len(found.results)]
    assert found.state == ("ok" if found.results else "error")


def test_broken_marks_of_an_answer_are_mended_and_told():
    body = """{"search_parameters": {"q": "crm",}, "organic_results": [ // first page
        {"title": "A", "link": "https://a.example/",}, {"title": "B", "link": "https://b.example/"},
    ],}"""
    found = parse_serp("serpapi", body.encode())
    assert (found.query, urls(found)) == ("crm", URLS)
    assert found.errors == ["the JSON is broken; read with mended marks"]


def test_no_half_address_is_read_from_a_broken_and_cut_off_answer():
    body = '{"organic_results": [{"title": "A", "link": "https://a.example/",}, {"link": "https://b'
    assert "https://b" not in urls(parse_serp("serpapi", body.encode()))


def test_answers_on_lines_of_a_file_are_one_ranking():
    lines = [json.dumps({"organic_results": [{"title": "T", "link": url}]}) for url in URLS]
    found = parse_serp("serpapi", "\n".join(lines).encode())
    assert (urls(found), found.errors) == (URLS, [])
    found = parse_serp("serpapi", "\n".join(lines)[:-5].encode())
    assert (urls(found), found.errors) == (
        URLS[:1],
        ["value 2 of the file is cut off or broken; left out"],
    )


def test_an_answer_kept_as_a_string_is_opened():
    body = json.dumps({"status": 200, "body": json.dumps(GOOD)})
    assert urls(parse_serp("serpapi", body.encode())) == URLS


def test_pages_in_one_file_are_one_ranking():
    second = {"organic_results": [{"title": "C", "link": "https://c.example/"}]}
    found = parse_serp("serpapi", json.dumps([GOOD, second]).encode())
    assert [hit.rank for hit in found.results] == [1, 2, 3]


def test_a_bare_list_of_hits_is_a_result_list():
    rows = [{"position": 1, "title": "A", "url": "https://a.example/", "description": "x"}]
    for provider in APIS:
        assert urls(parse_serp(provider, json.dumps(rows).encode())) == ["https://a.example/"]


@pytest.mark.parametrize(
    ("provider", "body", "state"),
    [
        ("valueserp", {"request_info": {"success": False, "message": "out of credits"}}, "quota"),
        ("searchapi", {"error": "Invalid API key"}, "error"),
        ("searchapi", {"error": {"code": 402, "message": "Payment required"}}, "quota"),
        ("serpapi", {"search_metadata": {"status": "Processing"}}, "error"),
        ("serper", {"organic": [], "searchParameters": {"q": "x"}}, "empty"),
        (
            "dataforseo",
            {"status_code": 40100, "status_message": "Not authorized", "tasks": 0},
            "error",
        ),
        ("searxng", {"results": [], "unresponsive_engines": [["google", "timeout"]]}, "error"),
        ("brave", {"hello": "world"}, "error"),
    ],
)
def test_an_answer_without_results_has_a_state_with_its_reason(provider, body, state):
    found = parse_serp(provider, json.dumps(body).encode())
    assert (found.state, found.results) == (state, [])
    assert bool(found.reason) == (state != "empty")


def test_results_outweigh_a_complaint_which_is_still_told():
    found = parse_serp("serpapi", json.dumps({**GOOD, "error": "part of it is missing"}).encode())
    assert (found.state, urls(found), found.errors) == ("ok", URLS, ["part of it is missing"])


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "ftp://a.example/", "", None, 7, ["x"], {}]
)
def test_hits_without_a_web_address_are_left_out(link):
    rows = [{"title": "X", "link": link}, {"title": "A", "link": "https://a.example/"}, None, 5]
    found = parse_serp("serpapi", json.dumps({"organic_results": rows}).encode())
    assert [(hit.rank, hit.url) for hit in found.results] == [(1, "https://a.example/")]


@pytest.mark.parametrize("provider", [*APIS, *ENGINES])
@given(body=st.one_of(st.binary(max_size=200), st.text("<>ah3=\"'/[]{}:,\\ ", max_size=80)))
def test_no_body_makes_a_parser_fail(provider, body):
    found = parse_serp(provider, body if isinstance(body, bytes) else body.encode())
    assert found.results or found.state != "ok"


def test_deep_json_is_an_error_not_a_crash():
    found = parse_serp("serpapi", b"[" * 200_000)
    assert found.state == "error"


def test_deep_html_is_an_error_not_a_crash():
    assert parse_serp("google-html", b"<div>" * 20_000).state == "error"


# -- ranks


def test_an_address_counts_once_at_its_first_place():
    hits = [SerpResult(9, url) for url in ("https://a.example/x", "http://www.a.example/x/#y")]
    assert [(hit.rank, hit.url) for hit in numbered(hits)] == [(1, "https://a.example/x")]


# -- pages


def google(*results, more=""):
    blocks = "".join(
        f'<div class="g"><a href="{url}"><h3>{title}</h3><cite>{url}</cite></a>'
        f"<div>{text}</div></div>"
        for url, title, text in results
    )
    return f'<input name="q" value="crm"><div id="rso">{blocks}</div>{more}'.encode()


def test_title_and_snippet_are_of_the_same_result():
    found = parse_serp(
        "google-html",
        google(
            ("https://a.example/", "A &amp; co", "The first of them."),
            ("https://b.example/", "B", "The second of them."),
        ),
    )
    assert [(hit.title, hit.snippet) for hit in found.results] == [
        ("A & co", "The first of them."),
        ("B", "The second of them."),
    ]


def test_two_results_of_one_site_both_count():
    page = google(("https://a.example/", "A", "One."), ("https://a.example/two", "A two", "Two."))
    assert urls(parse_serp("google-html", page)) == ["https://a.example/", "https://a.example/two"]


def test_a_page_without_known_results_is_an_error_not_empty():
    found = parse_serp("google-html", b"<html><body><p>Welcome</p></body></html>")
    assert (found.state, found.reason) == ("error", "no results recognized on the page")


def test_words_of_a_challenge_beside_results_do_not_block_them():
    more = (
        '<script src="https://www.google.com/recaptcha/api.js"></script><div class="g-recaptcha">'
    )
    found = parse_serp("google-html", google(("https://a.example/", "A", "One."), more=more))
    assert (found.state, urls(found)) == ("ok", ["https://a.example/"])


def test_a_class_around_the_whole_page_makes_no_ads_of_its_results():
    results = [(f"https://site{n}.example/", f"Site {n}", "Words.") for n in range(6)]
    page = b'<div class="ad-blocker-on">' + google(*results) + b"</div>"
    assert len(parse_serp("google-html", page).results) == 6


def test_a_clean_link_beside_a_hidden_click_counter_is_an_ad():
    counter = '<a style="display:none" href="https://www.googleadservices.com/pagead/aclk?x"></a>'
    more = f'<div>{counter}<a href="https://ad.example/"><h3>Buy</h3></a></div>'
    found = parse_serp("google-html", google(("https://a.example/", "A", "One."), more=more))
    assert urls(found) == ["https://a.example/"]
    assert [ad.url for ad in found.ads] == ["https://ad.example/"]


def ad(url, word):
    return f'<div><span>{word}</span><a href="{url}"><h3>Buy</h3><cite>{url}</cite></a></div>'


@pytest.mark.parametrize("word", ["Sponsored", "Gesponsert", "Anzeige ·", "広告", "Patrocinado"])
def test_the_word_for_an_ad_in_a_results_own_box_makes_it_one(word):
    page = ad("https://ad.example/", word).encode() + google(("https://a.example/", "A", "One."))
    found = parse_serp("google-html", page)
    assert urls(found) == ["https://a.example/"]
    assert [hit.url for hit in found.ads] == ["https://ad.example/"]


def test_the_word_for_ads_above_a_group_is_for_all_of_it_and_no_more():
    blocks = "".join(ad(f"https://ad{n}.example/", "Buy") for n in (1, 2))
    results = [(f"https://site{n}.example/", f"Site {n}", "Words.") for n in range(6)]
    page = f"<div><h1>Sponsored results</h1>{blocks}</div>".encode() + google(*results)
    found = parse_serp("google-html", page)
    assert len(found.results) == 6
    assert len(found.ads) == 2


def test_a_first_result_that_is_an_ad_makes_none_of_the_others():
    page = "<div>" + ad("https://ad.example/", "Sponsored") + google(*[]).decode()
    page += '<div><a href="https://a.example/"><h3>A</h3></a></div></div>'
    assert urls(parse_serp("google-html", page.encode())) == ["https://a.example/"]


def test_a_link_named_after_ads_makes_no_ad():
    result = '<div class="g"><a href="https://a.example/"><h3>A</h3></a>'
    page = f'{result}<span><a href="https://a.example/ads">Anuncios</a></span></div>'
    assert urls(parse_serp("google-html", page.encode())) == ["https://a.example/"]


CODED = "/goto?url=CAESxyz-1"


def test_a_coded_link_goes_where_a_script_of_the_page_says():
    script = (
        '<script>[["/goto?url\\u003dCAESxyz-1"],["https://a.example/b?c\\u003d1","A"]]</script>'
    )
    block = (
        f'<div class="g"><a href="{CODED}"><h3>A</h3><cite>https://a.example › b</cite></a></div>'
    )
    assert urls(parse_serp("google-html", (block + script).encode())) == ["https://a.example/b?c=1"]


def test_a_script_is_not_believed_against_the_address_shown():
    script = '<script>["/goto?url=CAESxyz-1","https://thumbs.example/1"]</script>'
    block = f'<a href="{CODED}"><h3>A</h3><cite>https://a.example › b</cite></a>'
    assert urls(parse_serp("google-html", (block + script).encode())) == ["https://a.example/b"]


@pytest.mark.parametrize(
    ("shown", "address"),
    [
        ("a.example › help › 2024", "https://a.example/help/2024"),
        ("http://a.example/x › y", "http://a.example/x/y"),
        ("https://a.example › help › …", "https://a.example/"),
        ("https://a.example › help › a-long-sl...", "https://a.example/"),
        ("https://a.example › Hilfe und mehr", "https://a.example/"),
        ("1.2K followers", ""),
        ("", ""),
    ],
)
def test_a_shown_address_is_whole_or_the_site_alone(shown, address):
    assert shown_address(shown) == address


def test_a_coded_link_in_an_answer_gives_way_to_what_else_is_known():
    coded = "https://www.google.com" + CODED
    rows = [
        {"title": "A", "link": coded, "redirect_link": "https://a.example/x"},
        {"title": "B", "link": coded, "displayed_link": "https://b.example › help"},
        {"title": "C", "link": "https://c.example/", "redirect_link": "https://other.example/"},
    ]
    found = parse_serp("serpapi", json.dumps({"organic_results": rows}).encode())
    assert urls(found) == ["https://a.example/x", "https://b.example/help", "https://c.example/"]


def test_a_page_without_headlines_has_its_redirects_as_results():
    block = '<div><a href="/url?q={}&amp;sa=U"> A title and its site </a><div>Text.</div></div>'
    wrapped = [*URLS, "https://support.google.com/websearch"]
    page = "".join(block.format(url) for url in wrapped)
    assert urls(parse_serp("google-html", page.encode())) == URLS


def test_a_headline_beside_its_only_link_is_a_result():
    block = '<li><div class="compTitle"><h3>A title</h3><a href="{}">go</a></div><p>Text.</p></li>'
    page = "".join(block.format(url) for url in URLS)
    found = parse_serp("yahoo-html", page.encode())
    assert [(hit.title, hit.url) for hit in found.results] == [("A title", url) for url in URLS]


@pytest.mark.parametrize(
    ("boxes", "questions"),
    [
        (
            '<div class="related-question-pair"><span>what is a crm</span><p>No.</p></div>',
            ["what is a crm"],
        ),
        (
            "<div><div role=button aria-expanded=false>Was ist ein CRM?</div>"
            "<div role=button aria-expanded=false>Was kostet ein CRM</div></div>",
            ["Was ist ein CRM?", "Was kostet ein CRM"],
        ),
        ("<div><button aria-expanded=false>More about this result</button></div>", []),
    ],
)
def test_questions_are_found_without_their_attribute_and_mark(boxes, questions):
    page = google(("https://a.example/", "A", "One."), more=boxes)
    assert parse_serp("google-html", page).questions == questions


@pytest.mark.parametrize("name", ["AdTop", "adBox", "TextAd", "ads-block"])
def test_a_box_named_after_ads_holds_ads(name):
    box = f'<section class="dd {name}"><h3><a href="https://ad.example/">Buy</a></h3></section>'
    found = parse_serp("yahoo-html", google(("https://a.example/", "A", "One."), more=box))
    assert urls(found) == ["https://a.example/"]
    assert [ad.url for ad in found.ads] == ["https://ad.example/"]


def test_headlines_of_another_year_count_with_their_address():
    block = "<li><h3><a href='{0}'>Title</a></h3><cite>{0}</cite><p>Text of it.</p></li>"
    page = "".join(block.format(url) for url in URLS)
    assert urls(parse_serp("bing-html", page.encode())) == URLS
    page = "<h3><a href='https://shop.example/'>Privacy</a></h3>"
    assert urls(parse_serp("bing-html", page.encode())) == []


def test_a_page_that_says_nothing_was_found_is_empty_whatever_its_scripts_name():
    page = b"<script>var known = 'b_captcha'</script><ol><li class=b_no>No results for x</li></ol>"
    assert parse_serp("bing-html", page).state == "empty"


def test_links_to_picture_search_are_no_results():
    page = google(*[(url, "T", "x") for url in URLS], ("/images?q=crm", "Images for crm", "x"))
    assert urls(parse_serp("google-html", page)) == URLS


@pytest.mark.parametrize(
    ("provider", "page", "state"),
    [
        ("google-html", "<noscript>Click</noscript><a href='/search?enablejs=1'>x</a>", "blocked"),
        ("startpage-html", "<body><div id=app></div><script>start()</script></body>", "blocked"),
        ("google-html", "<p>Aucun document ne correspond aux termes demandés.</p>", "empty"),
        ("google-html", "<body><p>hello</p></body>", "error"),
    ],
)
def test_a_page_without_results_says_why(provider, page, state):
    assert parse_serp(provider, page.encode()).state == state


def test_answers_in_camel_case_are_read_as_those_in_snake_case():
    answer = {
        "searchQuery": {"term": "crm"},
        "organicResults": [{"title": "A", "url": "https://a.example/"}],
        "paidResults": [{"title": "Ad", "url": "https://ad.example/"}],
        "peopleAlsoAsk": [{"question": "Why?"}],
    }
    for provider in ("serpapi", "serper", "searchapi", "valueserp"):
        found = parse_serp(provider, json.dumps(answer).encode())
        assert (found.query, urls(found), found.questions) == ("crm", URLS[:1], ["Why?"])
        assert [ad.url for ad in found.ads] == ["https://ad.example/"]


# -- the line of serp-parse


def test_the_line_has_just_the_fields_of_the_contract(tmp_path):
    path = tmp_path / "page.json"
    path.write_text(json.dumps(GOOD), encoding="utf-8")
    line = serp_line(path, "SerpApi")
    assert set(line) == LINE
    assert line["path"] == str(path)
    assert (line["provider"], line["query"], line["depth"]) == ("serpapi", "crm", 2)
    assert line["results"][0] == {
        "rank": 1,
        "url": "https://a.example/",
        "title": "A",
        "snippet": "One.",
    }
    assert line["errors"] == []
    assert json.loads(json.dumps(line)) == line


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_file_that_cannot_be_read_has_its_reason_in_errors(tmp_path, provider):
    for path in (tmp_path / "missing", tmp_path):
        line = serp_line(path, provider)
        assert line["errors"]
        assert str(path) in line["errors"][0]
    (tmp_path / "empty").write_bytes(b"")
    assert serp_line(tmp_path / "empty", provider)["errors"] == [f"{tmp_path / 'empty'} is empty"]


def test_a_refusal_is_told_in_errors(tmp_path):
    path = tmp_path / "page.json"
    path.write_text('{"error": "Your account has run out of searches."}')
    assert serp_line(path, "serpapi")["errors"] == ["quota: Your account has run out of searches."]


def test_underscores_and_case_of_a_provider_do_not_matter():
    assert provider_name("Google_HTML") == "google-html"


def test_an_unknown_provider_is_a_config_error_that_lists_the_known():
    with pytest.raises(ConfigError, match=r"unknown provider 'alta-vista'.*searxng.*semrush"):
        serp_line("x", "alta-vista")


def test_a_page_of_endless_links_is_read_up_to_a_bound():
    page = b"".join(b'<a href="https://s%d.example/"><h3>t</h3></a>' % n for n in range(5000))
    assert len(parse_serp("google-html", page).results) == 400


def test_yahoo_japans_own_links_are_no_results():
    page = (
        '<div class="sw-Card Algo"><a href="https://a.example/"><h3>A</h3></a></div>'
        '<div><a href="https://search.yahoo.co.jp/image/search?p=x"><h3>Images</h3></a></div>'
        '<div><a href="https://rd.listing.yahoo.co.jp/p/search/GTID=1"><h3>Ad</h3></a></div>'
    )
    found = parse_serp("yahoo-html", page.encode())
    assert urls(found) == ["https://a.example/"]


def test_the_word_for_ads_marks_nothing_where_it_was_searched_for():
    page = google(("https://a.example/", "A", "<span>crm</span> <b>Ads</b> and more."))
    assert urls(parse_serp("google-html", page)) == ["https://a.example/"]
    asked = page.replace(b'value="crm"', b'value="ads"').replace(b"<b>Ads</b>", b"<span>Ads</span>")
    assert urls(parse_serp("google-html", asked)) == ["https://a.example/"]

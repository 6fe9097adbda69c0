"""Chats and CX systems: every row, what proves nothing, the browser's look-ups, the floors."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import time
from pathlib import Path

import pytest

from crawler.errors import ConfigError
from spiders.extract import vendors as rows
from spiders.extract.page import ParsedPage
from spiders.extract.technologies import chat_question_open, extract_technologies

EVAL = Path(__file__).parent / "eval" / "chat"
URL = "https://shop.example/contact"
ROWS = list(rows.vendors().values())


def page(markup: str) -> ParsedPage:
    return ParsedPage(f"<!doctype html><html><body><p>Hello</p>{markup}</body></html>", URL)


def present(markup: str) -> set[str]:
    """Slugs of chats and systems that are there, not only named."""
    chats, systems = extract_technologies(page(markup))
    return {x.vendor for x in (*chats, *systems) if x.evidence != "mentioned"}


def chats_on(markup: str) -> set[str]:
    chats, _ = extract_technologies(page(markup))
    return {chat.vendor for chat in chats if chat.evidence != "mentioned"}


def grades(markup: str) -> dict[str, str]:
    chats, _ = extract_technologies(page(markup))
    return {chat.vendor: chat.evidence for chat in chats}


def script(src: str) -> str:
    return f'<script async src="{html.escape(src)}"></script>'


def inline(code: str) -> str:
    return f"<script>{code}</script>"


def address(literal: str, *, on_host: bool) -> str:
    literal = literal.replace("*", "x/")
    if not on_host:
        return "https://shop.example/" + literal.lstrip("/")
    return f"https://{literal}" + ("" if "/" in literal else "/loader.js")


def dom(literal: str) -> str:
    literal = literal.removesuffix("*")
    if literal[0] == "#":
        return f'<div id="{literal[1:]}"></div>'
    if literal[0] == ".":
        return f'<div class="a {literal[1:]}"></div>'
    return f"<{literal}></{literal}>"


def markups(row: rows.Vendor) -> list[tuple[str, str]]:
    """(mark, markup that carries it) for each mark that proves `embedded`."""
    found = [(m, script(address(m, on_host=True))) for m in row.hosts]
    found += [(m, script(address(m, on_host=False))) for m in row.paths]
    found += [(m, inline(f"var a = 1; {m} ;")) for m in row.inline if "*" not in m]
    found += [(m, dom(m)) for m in row.dom]
    found += [(m, f'<a href="#" onclick="{html.escape(m)}">Chat</a>') for m in row.popups]
    return found


# ---------------------------------------------------------------- rows


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.slug)
def test_each_mark_of_a_row_is_found(row: rows.Vendor) -> None:
    missed = [mark for mark, markup in markups(row) if row.slug not in present(markup)]
    assert not missed


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.slug)
def test_a_page_of_all_marks_is_that_chat_alone(row: rows.Vendor) -> None:
    everything = "".join(markup for _, markup in markups(row))
    assert everything
    assert chats_on(everything) == ({row.slug} if row.kind else set())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.slug)
def test_comments_samples_hints_and_text_are_no_widget(row: rows.Vendor) -> None:
    everything = "".join(markup for _, markup in markups(row))
    code = "\n".join(f"// {mark}" for mark in row.inline)
    dead = (
        f"<!-- {everything.replace('--', '- -')} -->"
        f"<pre><code>{html.escape(everything)}</code></pre>"
        f"<textarea>{html.escape(everything)}</textarea>"
        f"<p>We tried {html.escape(row.name)} and {' '.join(map(html.escape, row.inline))}.</p>"
        + "".join(f'<link rel="preconnect" href="https://{h}">' for h in row.hosts)
        + "".join(f'<link rel="dns-prefetch" href="//{h}">' for h in row.network)
        + (f'<a href="https://{row.website}">{html.escape(row.name)}</a>' if row.website else "")
        + "".join(f"<td>{h}</td>" for h in (*row.hosts, *row.cookies))
        + inline(code)
    )
    assert present(dead) == set()


def test_there_are_as_many_rows_as_promised() -> None:
    chats = [row for row in ROWS if row.kind]
    assert len(chats) >= 90
    assert len(ROWS) - len(chats) >= 120


@pytest.mark.parametrize(
    "slug",
    "heyday sparkcentral hootsuite brandwatch radian6 salesforce shopify medallia iperceptions"
    " uservoice get-satisfaction facebook-messenger whatsapp instagram".split(),
)
def test_systems_of_the_source_material_have_a_row(slug: str) -> None:
    assert slug in rows.vendors()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('[a]\nname = "A"\ncategory = "chat"\nkind = "bot"\nhost = ["x"]', "unknown key 'host'"),
        ('[a]\nname = "A"\ncategory = "chat"', "kind is None"),
        ('[a]\nname = "A"\ncategory = "crm"\nkind = "bot"', "only a chat"),
        ('[a]\nname = "A"\ncategory = "shoes"', "category 'shoes'"),
        ('[a]\ncategory = "crm"', "name is missing"),
        ('[a]\nname = "A"\ncategory = "crm"\nhosts = "x.example"', "list of texts"),
        ('[a]\nname = "A"\ncategory = "crm"\ndom = ["#ab*"]', "too short"),
        ('[a]\nname = "A"\ncategory = "crm"\nlikely = 3', "likely is 3"),
        ("a = 3", "a vendor is a table"),
        ("[a", "Expected"),
    ],
)
def test_a_wrong_row_stops_with_file_and_row(tmp_path: Path, table: str, message: str) -> None:
    (tmp_path / "x.toml").write_text(table, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"x\.toml") as error:
        rows.load_vendors(tmp_path)
    assert message in str(error.value)


def test_a_slug_in_two_files_stops(tmp_path: Path) -> None:
    for name in ("x.toml", "y.toml"):
        (tmp_path / name).write_text('[a]\nname = "A"\ncategory = "crm"', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"y\.toml \[a\]"):
        rows.load_vendors(tmp_path)


# ---------------------------------------------------------------- how widgets are loaded

TAWK = "https://embed.tawk.to/64ab/default"


@pytest.mark.parametrize(
    "markup",
    [
        script(TAWK),
        script("//embed.tawk.to/64ab/default"),
        script("../embed.tawk.to/64ab/default"),
        script(f"https://web.archive.org/web/2019js_/{TAWK}"),
        f'<script type="text/plain" data-cookieconsent="marketing" data-src="{TAWK}"></script>',
        f'<script type="rocketlazyloadscript" data-rocket-src="{TAWK}"></script>',
        f'<iframe data-lazy-src="{TAWK}"></iframe>',
        f'<noscript><iframe src="{TAWK}"></iframe></noscript>',
        f'<link rel="preload" as="script" href="{TAWK}">',
        inline("s1.src='https://embed.tawk.to/64ab/default';"),
        inline(r'var urls = ["https:\/\/embed.tawk.to\/64ab\/default"];'),
        inline("var u = '//' + 'embed.tawk.to/64ab'; load(u);"),
        inline("s.src = (ssl ? 'https' : 'http') + '://embed.tawk.to/' + id;"),
        inline("var h='https://embed.tawk.to',e; e.src=h+'/live/';"),
        inline("/* our chat */ s.src='https://embed.tawk.to/1/2';"),
        '<script type="application/json">{"scripts":[{"src":"https://embed.tawk.to/1/2"}]}</script>',
        '<script src="data:text/javascript;base64,'
        + base64.b64encode(b"var Tawk_API = Tawk_API || {};").decode()
        + '"></script>',
    ],
)
def test_every_way_to_load_a_widget_is_seen(markup: str) -> None:
    assert chats_on(markup) == {"tawk"}


@pytest.mark.parametrize(
    "markup",
    [
        inline("// s1.src='https://embed.tawk.to/64ab/default';"),
        inline("/* var Tawk_API = {};\n s.src='https://embed.tawk.to/1/2'; */ go();"),
        inline("if (typeof Tawk_API !== 'undefined') { Tawk_API.hideWidget(); }"),
        inline("denyUrls: ['Tawk_API', 'fcWidget', '$zopim']"),
        inline('var allowed = ["embed.tawk.to", "widget.intercom.io", "https://js.driftt.com"];'),
        inline('x({"asset_url":"https://static.zdassets.com/ekr/snippet.js"})'),
        inline("var nlpTags = {}; ctaPlpButton(); errorNotAmendable();"),
        '<script type="application/ld+json">{"src":"https://embed.tawk.to/1/2"}</script>',
        f'<script type="text/template">{html.escape(script(TAWK))}</script>',
        '<meta http-equiv="Content-Security-Policy" content="script-src embed.tawk.to">',
        f'<img src="https://shop.example/?u={TAWK}">',
        script("https://notembed.tawk.to.example/x.js"),
        script("https://www.googletagmanager.com/gtm.js?id=GTM-1"),
        '<i class="fa fa-rocketchat"></i><div class="oneClickDesktop fa-hubspot"></div>',
    ],
)
def test_a_name_alone_is_no_widget(markup: str) -> None:
    assert chats_on(markup) == set()


def test_a_state_blob_is_content_not_code() -> None:
    blob = 'window.__STATE__ = {"post":"' + "word " * 600 + 'https://embed.tawk.to/1/2 Tawk_API"}'
    assert chats_on(inline(blob)) == set()


def test_a_loader_inside_a_state_blob_is_likely() -> None:
    blob = 'self.__next_f.push([1,"' + "word " * 600 + r'\"src\":\"https://embed.tawk.to/1/2\""])'
    assert grades(inline(blob)) == {"tawk": "likely"}


def test_two_chats_on_one_page_are_both_told() -> None:
    assert chats_on(script(TAWK) + inline("window.$crisp = [];")) == {"tawk", "crisp"}


def test_a_legacy_window_that_a_click_opens_is_a_chat() -> None:
    click = "window.open('http://help.shop.example/visitor/index.php?/Default/LiveChat/Chat')"
    assert chats_on(f'<a href="javascript:void(0)" onclick="{click}">Chat</a>') == {"kayako"}


def test_the_crm_loader_of_a_vendor_is_no_chat() -> None:
    loader = script("//js.hs-scripts.com/123.js")
    assert chats_on(loader) == set()
    assert present(loader) == {"hubspot"}


def test_strongest_evidence_comes_first_and_wins() -> None:
    chats, _ = extract_technologies(
        page(
            script(TAWK)
            + '<a href="https://www.tawk.to/?utm=1">tawk</a><a href="https://wa.me/49">'
        )
    )
    assert [(chat.vendor, chat.evidence) for chat in chats] == [
        ("tawk", "embedded"),
        ("whatsapp", "mentioned"),
    ]
    assert "embed.tawk.to" in chats[0].proof


# ---------------------------------------------------------------- messengers

WA = "https://wa.me/491701234567"


@pytest.mark.parametrize(
    "markup",
    [
        f'<a class="whatsapp-btn-float" href="{WA}">WhatsApp</a>',
        f'<a style="position: fixed; bottom: 1em" href="{WA}">WhatsApp</a>',
        f'<div id="sticky-contact"><a href="{WA}">WhatsApp</a></div>',
        f'<style>.wa{{color:red;position:fixed}}</style><a class="wa" href="{WA}">W</a>',
    ],
)
def test_a_floating_messenger_link_is_likely(markup: str) -> None:
    assert grades(markup) == {"whatsapp": "likely"}


@pytest.mark.parametrize(
    "markup",
    [
        f'<p>WhatsApp: <a href="{WA}">+49 170 1234567</a></p>',
        f'<style>.wb{{position:fixed}} .wa{{color:red}}</style><a class="wa" href="{WA}">W</a>',
        f'<footer class="sticky"><a href="{WA}">WhatsApp</a></footer>',
        f'<header style="position:fixed"><a href="{WA}">WhatsApp</a></header>',
    ],
)
def test_a_plain_messenger_link_is_a_mention(markup: str) -> None:
    assert grades(markup) == {"whatsapp": "mentioned"}


@pytest.mark.parametrize(
    "href",
    [
        "https://api.whatsapp.com/send?text=Look%20https%3A%2F%2Fshop.example",
        "https://t.me/share/url?url=https%3A%2F%2Fshop.example",
    ],
)
def test_a_share_link_is_nothing(href: str) -> None:
    assert grades(f'<a class="share-float" href="{href}">Share</a>') == {}


def test_a_profile_of_a_network_is_no_chat() -> None:
    assert grades('<a href="https://www.instagram.com/shop">Instagram</a>') == {}


# ---------------------------------------------------------------- chats of nobody


def test_a_home_made_chat_with_opener_and_inside_is_custom() -> None:
    own = '<div class="chatbot-toggle"></div><div id="chatbot-window"><input id="chatbot-input">'
    assert grades(own) == {"custom": "likely"}


@pytest.mark.parametrize(
    "markup",
    [
        '<button id="chatbot-toggle">Chat</button><div id="chatbot-box" class="hidden"></div>',
        '<div class="chat-widget"><b class="chat-toggle"></b><div class="chat-panel"></div></div>',
        '<script src="/js/chatbot.min.js?v=2"></script>',
    ],
)
def test_parts_or_a_script_named_for_a_widget_are_a_custom_chat(markup: str) -> None:
    assert chats_on(markup) == {"custom"}


@pytest.mark.parametrize(
    "code",
    [
        "if (window.tidioChatApi) { window.tidioChatApi.hide(); }",
        'if (typeof window.fcWidget !== "undefined") window.fcWidget.close();',
    ],
)
def test_a_chat_that_code_only_asks_for_is_none(code: str) -> None:
    assert present(inline(code)) == set()


def test_code_that_a_consent_tool_keeps_in_a_template_is_read() -> None:
    loader = "s.src='https://client.crisp.chat/l.js'"
    packed = base64.b64encode(f"<script>{loader}</script>".encode()).decode()
    kept = f'<script type="text/template" data-cookie-blocker-id="chat">{loader}</script>'
    assert chats_on(kept) == {"crisp"}
    assert chats_on(f'<script type="text/template">{packed}</script>') == {"crisp"}
    assert chats_on(f'<script type="text/template">{loader}</script>') == set()


@pytest.mark.parametrize(
    "markup",
    [
        '<a class="chatbot-button" href="/chatbots">Our chatbots</a>',
        '<div class="chatbot-header">Chatbots compared</div>',
        '<!-- <div class="chatbot-toggle"></div><div id="chatbot-window"></div> -->',
        script(TAWK) + '<div class="chatbot-toggle"></div><div id="chatbot-window"></div>',
    ],
)
def test_a_chat_word_in_a_class_is_no_custom_chat(markup: str) -> None:
    assert "custom" not in grades(markup)


# ---------------------------------------------------------------- for the browser


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        ("https://widget.intercom.io/widget/abc", "intercom"),
        ("wss://nexus-websocket-a.intercom.io/pubsub/5", "intercom"),
        ("https://wchat.eu.freshchat.com/js/widget.js", "freshchat"),
        ("https://chat.shop.example/packs/js/sdk.js", "chatwoot"),
        ("https://connect.facebook.net/de_DE/sdk/xfbml.customerchat.js", "facebook-messenger"),
        ("https://cdn.shopify.com/s/files/1/theme.css", "shopify"),
    ],
)
def test_a_request_names_its_vendor(url: str, slug: str) -> None:
    found = rows.match_request(url)
    assert found is not None
    assert found[0].slug == slug


@pytest.mark.parametrize(
    "url",
    ["https://shop.example/app.js", "https://cdn.jsdelivr.net/npm/vue@3", "data:text/plain,x", ""],
)
def test_other_requests_name_nobody(url: str) -> None:
    assert rows.match_request(url) is None


def test_globals_cookies_and_storage_name_their_vendor() -> None:
    assert rows.match_global("Tawk_API") == rows.vendors()["tawk"]
    assert rows.match_global("jQuery") is None
    assert rows.match_cookie("__zlcmid") == rows.vendors()["zendesk-chat"]
    assert rows.match_cookie("intercom-id-abc123") == rows.vendors()["intercom"]
    assert rows.match_cookie("PHPSESSID") is None
    assert rows.match_storage_key("twk_64ab") == rows.vendors()["tawk"]
    assert rows.match_storage_key("theme") is None


def test_globals_to_probe_are_sorted_and_known() -> None:
    names = rows.globals_to_probe()
    assert names == sorted(set(names))
    assert all(rows.match_global(name) for name in names)


def test_dom_selectors_are_selectors() -> None:
    tree = page('<div id="tidio-chat"></div>').tree
    found = [slug for selector, slug in rows.dom_selectors() if tree.css_first(selector)]
    assert found == ["tidio"]


@pytest.mark.parametrize(
    ("markup", "reason"),
    [
        (script(TAWK), None),
        ("<p>" + "word " * 100 + "</p>", None),
        ("<p>" + "word " * 100 + "</p>" + script("https://cdn.example/app.js"), None),
        (script("https://www.googletagmanager.com/gtm.js?id=GTM-1"), "tag-manager"),
        ('<div id="root"></div>' + script("/static/main.js"), "app-shell"),
        ("<p>" + "word " * 100 + '</p><script type="text/plain">x()</script>', "consent"),
        (
            "<p>" + "word " * 100 + '</p><script type="rocketlazyloadscript">x()</script>',
            "lazy-loader",
        ),
    ],
)
def test_why_a_browser_could_still_find_a_chat(markup: str, reason: str | None) -> None:
    assert chat_question_open(page(markup)) == reason


# ---------------------------------------------------------------- cost and floors


def test_near_misses_by_the_thousand_stay_cheap() -> None:
    """Misses of one mark must not be multiplied with each other: seconds, where this takes 0.05."""
    links = f'<a class="a b c" href="{WA}">x</a>' * 3_000
    misses = '<img src="https://xembed.tawk.to/a.png">' * 3_000
    code = inline("a/*" * 20_000 + " Tawk_API " * 2_000)
    hostile = page(links + misses + code)
    start = time.process_time()
    chats, _ = extract_technologies(hostile)
    assert time.process_time() - start < 2
    assert [(chat.vendor, chat.evidence) for chat in chats] == [("whatsapp", "mentioned")]


def test_a_look_up_looks_at_few_rows() -> None:
    """What keeps the cost apart from the number of rows: marks are sought at once, not tried."""
    text = "<p>We chat, drift in front of the crisp shop and help users.</p>" * 50
    assert len(rows.index().candidates({"code": text})["code"]) < 10


def _floor_set() -> list[dict[str, object]]:
    lines = (EVAL / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_floor_set_is_the_one_that_the_floors_were_measured_on() -> None:
    floors = json.loads((EVAL / "floors.json").read_text(encoding="utf-8"))
    digest = hashlib.sha256()
    for path in sorted([*EVAL.glob("*.html"), EVAL / "labels.jsonl"]):
        digest.update(path.read_bytes())
    assert digest.hexdigest() == floors["set"]


def test_scores_on_the_floor_set_are_not_below_the_floors() -> None:
    floors = json.loads((EVAL / "floors.json").read_text(encoding="utf-8"))
    right = wrong = missed = clean = negatives = 0
    for label in _floor_set():
        body = (EVAL / str(label["file"])).read_bytes()
        chats, _ = extract_technologies(ParsedPage.from_bytes(body, URL))
        have = {chat.vendor for chat in chats if chat.evidence != "mentioned"}
        want = set(label["chat"])  # type: ignore[call-overload]
        right, wrong, missed = (
            right + len(have & want),
            wrong + len(have - want),
            missed + len(want - have),
        )
        negatives += not want
        clean += not want and not have
    noise = f"one label moves recall by {1 / (right + missed):.3f}"
    assert right / (right + wrong) >= floors["precision"], noise
    assert right / (right + missed) >= floors["recall"], noise
    assert clean / negatives >= floors["clean_negatives"], noise


def test_a_picture_of_another_site_tells_that_sites_system():
    def vendors(html):
        page = ParsedPage(html, "https://www.shop.example/")
        return {system.vendor for system in extract_technologies(page)[1]}

    assert vendors('<img src="https://blog.example.org/wp-content/uploads/a.jpg">') == set()
    assert vendors('<script>x={image: "https://a.example.org/wp-content/b.png"}</script>') == set()
    assert vendors('<img src="https://cdn.shop.example/wp-content/uploads/a.jpg">') == {"wordpress"}
    assert vendors('<img src="/wp-content/uploads/a.jpg">') == {"wordpress"}
    styles = '<link rel="stylesheet" href="https://static.example.org/wp-content/themes/x.css">'
    assert vendors(styles) == {"wordpress"}


def test_a_tag_manager_served_from_the_own_site_is_one():
    code = "w[l].push({'gtm.start':new Date().getTime()});j.src='/js/gtm.js?id='+i"
    systems = extract_technologies(ParsedPage(f"<script>{code}</script>", "https://a.example/"))[1]
    assert [system.vendor for system in systems] == ["google-tag-manager"]


def test_the_id_of_a_loader_proves_its_vendor():
    assert chats_on('<script id="gorgias-chat-widget-install">a(1)</script>') == {"gorgias"}


def test_a_saved_mirror_keeps_the_vendors_address():
    assert chats_on(script("../../../code.tidio.co_443/abc.js")) == {"tidio"}


def test_a_question_whether_a_chat_is_there_is_no_chat():
    assert chats_on(inline("if(window.drift && window.drift.api){ hide() }")) == set()


@pytest.mark.parametrize(
    ("link", "is_chat"),
    [
        ("https://www.websitealive.com/", False),
        ("https://www.click4assistance.co.uk/live-chat", False),
        ("https://www.websitealive2.com/1234/visitor/window/", True),
        ("https://a7.websitealive.com/rRouter.asp?groupid=7", True),
    ],
)
def test_a_link_to_a_vendors_own_pages_opens_no_chat(link, is_chat):
    assert bool(chats_on(f'<a href="{link}">Live chat</a>')) is is_chat


@pytest.mark.parametrize(
    ("names", "is_chat"),
    [
        ("live-chat-btn close-chat live-chat-widget chat-body chat-input", True),
        ("chat-widget chat-button chat-messages", True),
        ("live-chat-btn live-chat-icon", False),
        ("chat-container chat-messages chat-input", False),
    ],
)
def test_own_chats_have_an_opener_and_the_parts_of_a_talk(names, is_chat):
    markup = "".join(f'<div class="{name}"></div>' for name in names.split())
    assert chats_on(markup) == ({"custom"} if is_chat else set())


@pytest.mark.parametrize(
    ("src", "vendor"),
    [
        ("https://widget.newvendor.io/v2/chat-widget.min.js", {"newvendor"}),
        ("https://chat.newvendor.io/loader.js?id=1", {"newvendor"}),
        ("https://cdn.jsdelivr.net/gh/x/y/chatbot.js", {"custom"}),
        ("https://chat.jsdelivr.net/loader.js", set()),
        ("https://cdn.newvendor.io/chat.js", set()),
    ],
)
def test_a_vendor_without_a_row_goes_by_its_domain(src, vendor):
    assert chats_on(script(src)) == vendor
    assert chats_on(inline(f's.src = "{src}";')) == vendor


def test_an_unlisted_chat_does_not_hide_a_known_one():
    both = script("https://chat.newvendor.io/loader.js") + script("https://code.tidio.co/a.js")
    assert chats_on(both) == {"tidio"}


def test_a_picture_from_a_vendors_public_pages_is_no_widget():
    assert chats_on('<img src="https://www.melibo.de/img/logo.png">') == set()
    assert chats_on('<iframe src="https://chat.melibo.de/bot/7"></iframe>') == {"melibo"}


@pytest.mark.parametrize(
    ("slug", "vendor"),
    [
        ("tidio-live-chat", "tidio"),
        ("re-amaze-live-chat-helpdesk", "reamaze"),
        ("inbox", "shopify-inbox"),
        ("newmaker-live-chat-faq", "newmaker"),
        ("front-page-builder", None),
        ("crisp-sales-booster", None),
    ],
)
def test_apps_of_a_shop_are_known_by_their_slug(slug, vendor):
    theme = script("https://shop.example/cdn/shop/t/1/assets/theme.js")
    block = f"{theme}<!-- BEGIN app block: shopify://apps/{slug}/blocks/embed/1 --><b></b>"
    script_of_app = script(f"https://cdn.shopify.com/extensions/0199aabb-cc/{slug}-12/assets/a.js")
    assert chats_on(block) == chats_on(script_of_app) == ({vendor} if vendor else set())


def test_an_app_for_reviews_is_a_system_of_the_shop():
    theme = script("https://cdn.shopify.com/s/files/1/theme.js")
    block = "<!-- BEGIN app block: shopify://apps/judge-me-reviews/blocks/a -->"
    assert "judge-me" in present(theme + block)


def test_a_consent_manager_that_is_given_the_key_of_a_chat_loads_it():
    given = "tarteaucitron.user.tawktoId = '5f';(tarteaucitron.job = []).push('tawkto');"
    listed = "(tarteaucitron.job = tarteaucitron.job || []).push('tawkto');"
    asked = "if (tarteaucitron.user.crispID === undefined) { return; }"
    assert [chats_on(inline(code)) for code in (given, listed, asked)] == [{"tawk"}, set(), set()]


@pytest.mark.parametrize(
    "code",
    [
        'window.$crisp && $crisp.push(["do", "chat:hide"])',
        'window.$crisp?.push(["do", "chat:hide"])',
        "if (window.$crisp&&$crisp.is('chat:opened')) close()",
    ],
)
def test_code_that_only_speaks_to_a_chat_if_there_is_one_is_no_chat(code):
    assert chats_on(inline(code)) == set()


def test_a_host_given_to_a_loader_with_the_document_is_loaded():
    code = 'var l=load;l(document,"https://code.tidio.co",{key:"x"})'
    assert chats_on(inline(code)) == {"tidio"}


@pytest.mark.parametrize(
    ("href", "vendor"),
    [("viber://pa?chatURI=shop", "viber"), ("tg://resolve?domain=s", "telegram")],
)
def test_a_floating_link_that_opens_a_messengers_program_is_a_sign(href, vendor):
    link = f'<a style="position:fixed" href="{href}">Write</a>'
    assert grades(link) == {vendor: "likely"}
    assert chats_on(f'<a href="{href}">Write</a>') == set()


def test_a_class_of_an_own_chat_is_not_a_vendors():
    own = "class LiveChatWidget { open() {} } const chat = new LiveChatWidget();"
    assert chats_on(inline(own + " new ContactWidget(1); class ProactiveChat {}")) == set()
    assert chats_on(inline('LiveChatWidget.on("ready", hide)')) == {"livechat"}

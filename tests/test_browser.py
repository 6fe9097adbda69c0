"""Pages in a real browser: what is found, when it came, and what ends well when all goes wrong."""

import asyncio
import json
import os
import select
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import asdict
from io import BytesIO
from pathlib import Path

import pytest
from scrapy import signals
from scrapy.crawler import AsyncCrawlerRunner

from crawler.app.lessons import REMEMBERED, earlier_lessons, keep_lessons, scripts_of
from crawler.app.renders import open_question
from crawler.app.studies import add_study
from crawler.archive import find_record, read_page
from crawler.browser import find_browser
from crawler.config import Keyword, Study
from crawler.db import open_db
from spiders.base.browser import launch_flags
from spiders.base.cdp import sweep_profiles
from spiders.base.consent import has_wall
from spiders.base.learning import AGAIN, ENOUGH, Learned, draw
from spiders.base.render_visit import Rendered, Sighting, vendor_of
from spiders.chatbot import ChatbotSpider, read_rendered
from spiders.extract.page import ParsedPage
from spiders.extract.technologies import extract_technologies
from tests.crawling import run_spider, settings_for
from tests.loopback import Answer, serve
from tests.widgets.pages import BEHAVIOURS, files, page, twin, twin_files

needs_browser = pytest.mark.skipif(find_browser() is None, reason="no browser is installed")
pytestmark = pytest.mark.xdist_group("browser")
HOST = "http://widgets.test/"


def run_jobs(jobs, settings):
    """The visits of several spiders side by side."""
    visits = []

    async def go():
        runner = AsyncCrawlerRunner(settings)

        async def one(job):
            crawler = runner.create_crawler(ChatbotSpider)
            take = lambda item, response, spider: visits.append(item)  # noqa: E731
            crawler.signals.connect(take, signal=signals.item_scraped)
            await runner.crawl(crawler, domain="widgets.test", **job)

        await asyncio.gather(*(one(job) for job in jobs))

    asyncio.run(go())
    return visits


def render(routes, *names, archive=None, offline=False, **arguments):
    """Visits of pages under HOST, which a loopback proxy serves; no other host answers."""
    with serve({HOST + name: Answer(html) for name, html in routes.items()}) as site:
        settings = proxied(site, archive, offline)
        job = {"sample": "\n".join(HOST + name for name in names or routes), **arguments}
        return run_jobs([job], settings)


def proxied(site, archive=None, offline=False):
    kept = {}
    if archive:
        kept = {"HTTPCACHE_ENABLED": True, "ARCHIVE_DIR": str(archive), "RUN_ID": 1}
    return settings_for(site, HTTP_PROXY=site.url(""), OFFLINE=offline, **kept)


@pytest.fixture(scope="module")
def by_name():
    """All behaviours and their twins, each visited once, by a few browsers side by side."""
    visits = []
    for made, own in ((page, files), (twin, twin_files)):
        routes = {HOST + b.name: Answer(made(b)) for b in BEHAVIOURS}
        names = [b.name for b in BEHAVIOURS]
        for behaviour in BEHAVIOURS:
            for name, text in own(behaviour).items():
                routes[HOST + name] = Answer(text, content_type="text/javascript")
        with serve(routes) as site:
            jobs = [{"sample": "\n".join(HOST + n for n in names[k::3])} for k in range(3)]
            for visit in run_jobs(jobs, proxied(site)):
                visit.page.url += "-twin" if made is twin else ""
                visits.append(visit)
    return {visit.page.url.removeprefix(HOST): visit for visit in visits}


def kept(archive, kind):
    """Bodies of the archive's records of a kind."""
    index = sqlite3.connect(archive / "index.db")
    rows = index.execute("select id from records where kind = ? order by url", [kind]).fetchall()
    index.close()
    return [read_page(archive, find_record(archive, record)) for (record,) in rows]


def present(visit):
    return {c.vendor: c.phase for c in visit.observations.chat if c.evidence != "mentioned"}


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda b: b.name)
class TestBehaviour:
    def test_static_page_does_not_show_the_widget(self, behaviour):
        chats, _ = extract_technologies(ParsedPage(page(behaviour), HOST))
        assert [chat.vendor for chat in chats if chat.evidence == "embedded"] == []

    @needs_browser
    def test_browser_finds_it_in_its_phase(self, behaviour, by_name):
        visit = by_name[behaviour.name]
        assert visit.page.state == "ok", visit.page.reason
        assert present(visit) == {behaviour.vendor: behaviour.phase}

    @needs_browser
    def test_twin_page_shows_none(self, behaviour, by_name):
        visit = by_name[f"{behaviour.name}-twin"]
        assert visit.page.state == "ok", visit.page.reason
        assert present(visit) == {}


# -- the archive


@needs_browser
def test_replay_gives_the_same_items_without_a_browser(tmp_path):
    pages = {b.name: page(b) for b in BEHAVIOURS[:1]}
    first = render(pages, archive=tmp_path)
    again = render({}, BEHAVIOURS[0].name, archive=tmp_path, offline=True, browser="/not/there")
    assert [asdict(visit) for visit in again] == [asdict(visit) for visit in first]
    assert present(again[0]) == {"intercom": "load"}


@needs_browser
def test_the_first_pages_of_a_brand_have_a_picture_of_their_top_as_it_looked(tmp_path):
    Image = pytest.importorskip("PIL.Image")
    red, tall = "<body style='background:red'>", "<div style='height:5000px'></div>"
    with serve({HOST + name: Answer(red + tall) for name in "abcdef"}) as site:
        settings = proxied(site, tmp_path)
        run_jobs([{"sample": "\n".join(HOST + name for name in "abcdef")}], settings)
    pictures = [Image.open(BytesIO(body)) for body in kept(tmp_path, "screenshot")]
    assert len(kept(tmp_path, "rendered")) == 6
    assert [picture.size for picture in pictures] == [(768, 540)] * 4
    assert all(r > 250 > 5 > g for r, g, _ in (each.getpixel((400, 300)) for each in pictures))


@needs_browser
def test_page_that_is_not_painted_is_told_that_it_is_seen():
    html = """<title>Tea</title><script>
if (document.visibilityState === 'visible' && !document.hidden && document.hasFocus())
  setInterval(() => window['Inter' + 'com'] = () => 0, 300);
</script>"""
    (visit,) = render({"a": html})
    assert set(present(visit)) == {"intercom"}


def test_page_that_is_not_in_the_archive_is_an_error_offline(tmp_path):
    (visit,) = render({}, "x", archive=tmp_path, offline=True)
    assert (visit.page.state, visit.page.reason) == ("error", "not rendered: not in the archive")


def test_log_of_a_page_comes_back_whole():
    page = Rendered(HOST, HOST, 200, "<p>", [Sighting("idle", "global", "Tawk_API")], "didomi: ok")
    assert Rendered.from_log(page.log(), "<p>") == page


# -- choice


@needs_browser
def test_proven_chat_spares_further_pages_but_not_the_sample():
    chat, none = page(BEHAVIOURS[0]), twin(BEHAVIOURS[0])
    routes = {"a": chat, "b": none, "c": none}
    visits = render(routes, "c", urls=f"{HOST}a\n{HOST}b")
    assert [visit.page.url for visit in visits] == [f"{HOST}a", f"{HOST}c"]


@needs_browser
def test_several_brands_are_visited_by_one_browser_as_new_visitors():
    mark = "<title>Tea</title><script>if (document.cookie) window['Inter' + 'com'] = () => 0;"
    html = mark + "document.cookie = 'seen=1'</script>"
    hosts = ("one.test", "two.test")
    brands = [{"domain": host, "urls": f"http://{host}/"} for host in hosts]
    with serve({f"http://{host}/": Answer(html) for host in hosts}) as site:
        visits, stats = run_spider(ChatbotSpider, proxied(site), brands=json.dumps(brands))
    assert [(v.brand, v.page.state, present(v)) for v in visits] == [(h, "ok", {}) for h in hosts]
    assert stats["chatbot/browsers"] == 1


@needs_browser
def test_request_names_who_made_it():
    asks = "const ask = to => new WebSocket(to)"
    behaviour = next(b for b in BEHAVIOURS if b.name == "websocket-only")
    html = page(behaviour, body="<script src=/tags.js></script><script>ask({vendor})</script>")
    script = Answer(asks, content_type="text/javascript")
    with serve({HOST + "shop": Answer(html), HOST + "tags.js": script}) as site:
        (visit,) = run_jobs([{"sample": f"{HOST}shop"}], proxied(site))
    (chat,) = visit.observations.chat
    assert chat.proof == f"request {behaviour.src}, requested by {HOST}tags.js"


def test_proof_by_a_mark_says_too_which_script_asked_for_the_vendor():
    page = Rendered(HOST, HOST, 200, "", [
        Sighting("load", "global", "Intercom"),
        Sighting("idle", "request", "https://widget.intercom.io/widget/x", "https://t.test/gtm.js"),
    ])  # fmt: skip
    ((chat,), _) = read_rendered(page, ParsedPage("<p>Shop", HOST))
    assert chat.proof == "global Intercom; requested by https://t.test/gtm.js"


def test_proof_does_not_say_that_the_page_asked_for_what_stands_in_it():
    src = "https://widget.intercom.io/widget/x"
    page = Rendered(HOST, HOST, 200, "", [Sighting("load", "request", src, HOST)])
    ((chat,), _) = read_rendered(page, ParsedPage(f"<script src={src}></script>", HOST))
    assert "requested by" not in chat.proof


@needs_browser
def test_log_has_every_request_with_who_made_it(tmp_path):
    html = "<script src=/tags.js></script>"
    tags = Answer("fetch('/prices?x=1')", content_type="text/javascript")
    with serve({HOST + "shop": Answer(html), HOST + "tags.js": tags}) as site:
        run_jobs([{"sample": f"{HOST}shop"}], proxied(site, tmp_path))
    (log,) = kept(tmp_path, "requests")
    made = {s["value"]: s["by"] for s in json.loads(log)["sightings"] if s["how"] == "request"}
    assert made.items() >= {
        f"{HOST}tags.js": f"{HOST}shop", f"{HOST}prices?x=1": f"{HOST}tags.js"
    }.items()  # fmt: skip


def test_profiles_of_stages_that_are_gone_are_swept(tmp_path):
    gone = subprocess.Popen(["true"])
    gone.wait()
    left = tmp_path / f"cxscout-browser-{gone.pid}-abc"
    running = tmp_path / f"cxscout-browser-{os.getpid()}-abc"
    for folder in (left, running, tmp_path / "another"):
        folder.mkdir()
    assert sweep_profiles(tmp_path) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["another", running.name]


WORDY = "<p>" + "We sell tea and coffee. " * 30


@pytest.mark.parametrize(
    ("html", "wall"),
    [
        ("<div class=cookie-bar>Cookies<button> Nur\nnotwendige</button></div>", True),
        ("<div id=gdpr><input type=button value=Accept></div>", True),
        ("<div id=onetrust-banner-sdk></div>", True),
        ("<footer><a class=cookie-link href=/cookies>Cookies</a></footer>", False),
        ("<div class=cookie-recipes><button>Add to cart</button></div>", False),
        ("<div class=bar><button>Accept</button></div>", False),
    ],
)
def test_wall_is_known_by_its_platform_or_by_name_and_words(html, wall):
    assert has_wall(ParsedPage(html, HOST)) is wall


@pytest.mark.parametrize(
    ("html", "why"),
    [
        (WORDY, None),
        (f'{WORDY}<script type="application/ld+json">{{"a": 1}}</script>', None),
        (f"{WORDY}<script type=text/x-template><b>{{x}}</b></script>", None),
        (f"{WORDY}<script>go([104, 105])</script>", "scripts"),
        (f"{WORDY}<script src=https://cdn.plain-shop.test/app.js></script>", "scripts"),
        (f"{WORDY}<div class=cookie-bar><button>OK</button></div>", None),
        (f"{WORDY}<script>x()</script><div class=cookie-bar><button>OK</button></div>", "consent"),
    ],
)
def test_question_is_open_where_code_runs_that_nobody_can_judge(html, why):
    assert open_question(ParsedPage(html, HOST)) == why


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda b: b.name)
def test_every_way_of_loading_leaves_the_question_open(behaviour):
    html = page(behaviour).replace("<script", f"{WORDY}<script", 1)
    assert open_question(ParsedPage(html, HOST))


# -- learning


def contacts(worth, count):
    """Contact pages of as many hosts, drawn to be opened all the same or not."""
    found = (f"http://tea{n}.test/contact" for n in range(1000))
    return [url for url in found if (draw(url) < AGAIN) is worth][:count]


def test_kind_that_gave_nothing_is_left_out_but_for_a_share_and_can_come_back():
    learned, (plain,), (drawn,) = Learned(), contacts(False, 1), contacts(True, 1)
    for _ in range(ENOUGH):
        assert learned.is_worth("contact of shopx", plain)
        learned.note("contact of shopx", changed=False)
    assert not learned.is_worth("contact of shopx", plain)
    assert learned.is_worth("contact of shopx", drawn)
    assert learned.is_worth("help of shopx", plain)
    learned.note("contact of shopx", changed=True)
    assert learned.is_worth("contact of shopx", plain)


def test_other_pages_are_opened_all_the_same_the_next_time():
    earlier = [("contact of shopx", False)] * ENOUGH
    urls = [f"http://tea{n}.test/contact" for n in range(40)]
    opened = [
        {url for url in urls if Learned(earlier, turn).is_worth("contact of shopx", url)}
        for turn in (1, 2)
    ]
    assert all(opened)
    assert opened[0] != opened[1]


def lessons(db, run_id, study=1, **pages):
    """Store a run that opened these pages (name -> scripts), of which none gave anything."""
    db.execute(
        "insert into runs (id, study_id, state, stage, started_at, method_version, settings) "
        "values (?, ?, 'done', 'report', '2026-11-01', '1', '{}')",
        [run_id, study],
    )
    told = [(HOST + name, "help of shopx", False) for name in pages]
    keep_lessons(db, run_id, {HOST + name: digest for name, digest in pages.items()}, told)


@pytest.fixture
def two_studies(tmp_path):
    db = open_db(tmp_path / "cxscout.db")
    for name in ("tea", "cups"):
        add_study(db, Study(name=name, brand="tea.test", keywords=(Keyword("tea"),)), "2026-11-01")
    yield db
    db.close()


def taught(db, before, **pages):
    return earlier_lessons(db, 1, before, {HOST + name: digest for name, digest in pages.items()})


def test_lesson_of_a_run_before_ends_when_the_page_names_other_scripts(two_studies):
    lessons(two_studies, 1, a="old", b="same")
    assert taught(two_studies, 2, a="new", b="same", c="same") == ([("help of shopx", False)], 1)


def test_replay_learns_from_the_runs_before_the_one_replayed(two_studies):
    lessons(two_studies, 1, a="same")
    lessons(two_studies, 2, a="same")
    assert taught(two_studies, 2, a="same") == ([("help of shopx", False)], 1)


def test_lessons_of_another_study_and_of_long_ago_do_not_count(two_studies):
    lessons(two_studies, 1, old="same")
    lessons(two_studies, 2, study=2, foreign="same")
    for run_id in range(3, 3 + REMEMBERED):
        lessons(two_studies, run_id, a="same")
    found = taught(two_studies, 99, a="same", old="same", foreign="same")
    assert found == ([("help of shopx", False)] * REMEMBERED, REMEMBERED)


def test_versions_of_the_same_scripts_are_the_same_scripts():
    tag = "<script src=/app.{}.js?v={}></script>"
    first, second, other = (
        scripts_of(ParsedPage(html, HOST))
        for html in (tag.format("4f3a2b1c", 1), tag.format("0d9e8f7a", 2), "<script src=/x.js>")
    )
    assert first == second != other


@needs_browser
def test_spider_leaves_out_what_gave_nothing_in_runs_before(tmp_path):
    (url,) = contacts(False, 1)
    brand = {"domain": url.split("/")[2], "urls": url, "kinds": {url: "contact of shopx"}}
    job = {"brands": json.dumps([brand]), "learned": json.dumps([["contact of shopx", False]] * 3)}
    with serve({url: Answer(PLAIN)}) as site:
        left, stats = run_spider(ChatbotSpider, proxied(site), **job)
        opened, told = run_spider(ChatbotSpider, proxied(site), brands=job["brands"])
    assert (left, stats[f"chatbot/left_out/{brand['domain']}"]) == ([], 1)
    assert [visit.page.url for visit in opened] == [url]
    assert told["chatbot/lessons"] == [(url, "contact of shopx", False)]


def test_page_of_no_kind_is_never_left_out():
    learned, (plain,) = Learned(), contacts(False, 1)
    for _ in range(2 * ENOUGH):
        learned.note("", changed=False)
    assert learned.is_worth("", plain)


@needs_browser
def test_spider_leaves_out_what_gave_nothing_on_other_brands_and_so_does_a_replay(tmp_path):
    urls = contacts(False, ENOUGH + 2)
    brands = [
        {"domain": url.split("/")[2], "urls": url, "kinds": {url: "contact of shopx"}}
        for url in urls
    ]
    with serve({url: Answer(PLAIN) for url in urls}) as site:
        visits, stats = run_spider(
            ChatbotSpider, proxied(site, tmp_path), brands=json.dumps(brands)
        )
        again, _ = run_spider(
            ChatbotSpider, proxied(site, tmp_path, offline=True), brands=json.dumps(brands)
        )
    assert [visit.page.url for visit in visits] == urls[:ENOUGH]
    assert [stats[f"chatbot/left_out/{b['domain']}"] for b in brands[ENOUGH:]] == [1, 1]
    assert [asdict(visit) for visit in again] == [asdict(visit) for visit in visits]


# -- what goes wrong

PLAIN = "<title>Plain</title><h1>Hello</h1>"
HANG = "<h1>Busy</h1><script>setTimeout(() => { while (true) {} }, 50)</script>"


@needs_browser
def test_page_that_hangs_is_a_timeout_and_the_next_is_read():
    visits = render({"hang": HANG, "next": PLAIN}, page_seconds=4)
    assert [(v.page.state, v.page.reason) for v in visits] == [
        ("error", "not rendered: timeout"),
        ("ok", ""),
    ]


@needs_browser
def test_slow_third_party_does_not_hold_up_the_page():
    gate = threading.Event()

    def slow(handler):
        gate.wait(20)
        return Answer("")

    head = f"<title>Plain</title><h1>Hello</h1><script src='{HOST}slow.js'></script>"
    with serve({HOST: Answer(head), f"{HOST}slow.js": slow}) as site:
        visits = run_jobs([{"urls": HOST}], proxied(site))
        gate.set()
    assert [(v.page.state, v.page.title) for v in visits] == [("ok", "Plain")]


def kill_browser(handler):
    for pid in chromium_below(os.getpid()):
        os.kill(pid, signal.SIGKILL)
    return Answer("")


@needs_browser
def test_page_whose_browser_crashed_once_is_read_by_the_next():
    crashes = iter([kill_browser])
    head = f"<title>Plain</title><h1>Hello</h1><script src='{HOST}kill.js'></script>"

    def first_time(handler):
        return next(crashes, lambda handler: Answer(""))(handler)

    with serve({f"{HOST}a": Answer(head), f"{HOST}kill.js": first_time}) as site:
        visits, stats = run_spider(ChatbotSpider, proxied(site), domain=HOST, urls=f"{HOST}a")
    assert [(v.page.state, v.page.title) for v in visits] == [("ok", "Plain")]
    assert stats["chatbot/browsers"] == 2


@needs_browser
def test_killed_browser_is_a_crash_and_the_next_page_is_read():
    head = f"<h1>Hello</h1><script src='{HOST}kill.js'></script>"
    routes = {f"{HOST}a": Answer(head), f"{HOST}kill.js": kill_browser, f"{HOST}b": Answer(PLAIN)}
    with serve(routes) as site:
        visits = run_jobs([{"sample": f"{HOST}a\n{HOST}b"}], proxied(site))
    assert [(v.page.state, v.page.reason) for v in visits] == [
        ("error", "not rendered: crash"),
        ("ok", ""),
    ]


@needs_browser
def test_answer_that_is_an_error_is_no_page():
    (visit,) = render({}, "missing")
    assert (visit.page.state, visit.page.reason) == ("error", "not rendered: HTTP 404")


@needs_browser
def test_dialogs_popups_downloads_and_requests_for_rights_are_passed_over():
    html = f"""<title>Loud</title><h1>Hello</h1><script>
alert('hello'); window.open('{HOST}popup'); Notification.requestPermission();
navigator.geolocation.getCurrentPosition(() => 0);
addEventListener('beforeunload', event => {{ event.preventDefault(); return 'stay' }});
const a = document.createElement('a'); a.href = 'data:application/zip,x'; a.download = 'x.zip';
document.body.append(a); a.click();
</script>"""
    visits = render({"a": html, "popup": PLAIN, "b": PLAIN}, "a", "b")
    assert [(v.page.state, v.page.title) for v in visits] == [("ok", "Loud"), ("ok", "Plain")]


def chromium_below(pid):
    """Chromium's main processes among the descendants of `pid`."""
    found = []
    for child in descendants(pid):
        try:
            command = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"chrom" in command[0].lower() and not any(c.startswith(b"--type=") for c in command):
            found.append(child)
    return found


def descendants(pid):
    children = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(path.parent.name))
    found, waiting = [], [pid]
    while waiting:
        waiting += (below := children.get(waiting.pop(), []))
        found += below
    return found


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def ends(pid, within_s):
    """Wait for the end of a process that is not ours to wait for; True when it is over."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        select.select([process], [], [], within_s)
    finally:
        os.close(process)
    return not alive(pid)


STAGE = """
import sys
from spiders.chatbot import ChatbotSpider
from tests.crawling import run_spider, settings_for
settings = settings_for(HTTP_PROXY=sys.argv[1])
run_spider(ChatbotSpider, settings, domain="widgets.test", urls=sys.argv[2])
"""


@needs_browser
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("html", [PLAIN, HANG], ids=["quiet", "hanging"])
def test_no_process_is_left_when_the_stage_is_killed(html):
    asked = threading.Event()

    def page_asked(handler):
        asked.set()
        return Answer(html)

    with serve({HOST: page_asked}) as site:
        stage = subprocess.Popen([sys.executable, "-c", STAGE, site.url(""), HOST])
        assert asked.wait(60)
        below = descendants(stage.pid)
        assert chromium_below(stage.pid)
        stage.kill()
        stage.wait()
        left = [pid for pid in below if not ends(pid, within_s=10)]
    assert left == []


# -- the way out


@contextmanager
def canary():
    """A private port that nobody may reach; counts connections."""
    with serve({}) as site:
        yield site


@needs_browser
@pytest.mark.parametrize("allowed", [False, True], ids=["refused", "allowed"])
def test_page_reaches_a_private_port_only_when_the_study_allows_it(allowed):
    with canary() as secret:
        to = f"127.0.0.1:{secret.port}"
        html = f"""<link rel=preconnect href="http://{to}/"><link rel=stylesheet href="http://{to}/c">
<link rel=prefetch href="http://{to}/p"><link rel=dns-prefetch href="//localhost:{secret.port}">
<img src="http://{to}/i"><iframe src="http://{to}/f"></iframe><script src="http://{to}/s"></script>
<iframe name=sink></iframe><form method=post action="http://{to}/form" target=sink></form><script>
for (const host of ['{to}', 'localhost:{secret.port}', '[::1]:{secret.port}',
                    '2130706433:{secret.port}', '0.0.0.0:{secret.port}']) {{
  fetch('http://' + host + '/fetch', {{mode: 'no-cors'}}).catch(() => 0);
  try {{ new WebSocket('ws://' + host + '/ws') }} catch {{}}
  new EventSource('http://' + host + '/es');
  navigator.sendBeacon('http://' + host + '/b', 'x');
  new Image().src = 'https://' + host + '/tls';
}}
fetch('/moved', {{mode: 'no-cors'}}).catch(() => 0);
const turn = {{urls: 'turn:{to}?transport=tcp', username: 'a', credential: 'b'}};
const peer = new RTCPeerConnection({{iceServers: [{{urls: 'stun:{to}'}}, turn]}});
peer.createDataChannel('x'); peer.createOffer().then(offer => peer.setLocalDescription(offer));
document.forms[0].submit();
setTimeout(() => {{ const f = document.createElement('iframe'); f.src = '/moved';
  document.body.append(f) }}, 300);
</script>"""
        moved = Answer("", 302, {"Location": f"http://{to}/moved"})
        with serve({"/": Answer(html), "/moved": moved}) as site:
            sites = (site, secret) if allowed else (site,)
            visits = run_jobs([{"urls": site.url("/")}], settings_for(*sites))
        assert [v.page.state for v in visits] == ["ok"]
        assert site.hits["/moved"] >= 1  # the page did run
        reached = {path.partition("?")[0] for path in secret.hits}
        wanted = {"/f", "/s", "/c", "/fetch", "/ws", "/es", "/moved"} if allowed else set()
        assert reached >= wanted
        assert allowed or not reached


@needs_browser
def test_page_that_sends_itself_to_a_private_port_arrives_nowhere():
    with canary() as secret:
        html = f"<script>location = 'http://127.0.0.1:{secret.port}/'</script><h1>x</h1>"
        with serve({"/": Answer(html)}) as site:
            run_jobs([{"urls": site.url("/")}], settings_for(site))
        assert sum(secret.hits.values()) == 0


# -- small things


def test_sandbox_is_off_only_for_root():
    assert "--no-sandbox" in launch_flags(as_root=True)
    assert "--no-sandbox" not in launch_flags(as_root=False)


@pytest.mark.parametrize(
    ("how", "value", "slug", "grade"),
    [
        ("request", "https://embed.tawk.to/1/default", "tawk", "embedded"),
        ("global", "Tawk_API", "tawk", "embedded"),
        ("storage", "voiceflow-session-9", "voiceflow", "likely"),
        ("dom", '[id="crisp-chatbox"]', "crisp", "embedded"),
    ],
)
def test_sighting_names_its_vendor(how, value, slug, grade):
    vendor, found = vendor_of(Sighting("load", how, value))
    assert (vendor.slug, found) == (slug, grade)


def test_sighting_of_nobody_has_no_vendor():
    assert vendor_of(Sighting("load", "request", "https://shop.test/app.js")) is None
    assert vendor_of(Sighting("load", "floating", "https://wa.me/1")) is None


def test_vendor_keeps_its_earliest_phase_and_strongest_evidence():
    seen = [
        Sighting("idle", "storage", "voiceflow-session-9"),
        Sighting("scroll", "global", "voiceflow"),
    ]
    rendered = Rendered(HOST, HOST, 200, "<p>", seen)
    (chat,), _ = read_rendered(rendered, ParsedPage("<p>", HOST))
    assert (chat.phase, chat.evidence) == ("idle", "embedded")


def test_share_link_that_floats_is_no_chat():
    seen = [Sighting("load", "floating", "https://api.whatsapp.com/send?text=look")]
    chats, _ = read_rendered(Rendered(HOST, HOST, 200, "<p>", seen), ParsedPage("<p>", HOST))
    assert chats == []


@needs_browser
def test_advertisements_are_not_loaded_and_other_scripts_are():
    routes = {
        HOST + "shop": Answer(
            "<body><p>Shop<script src=http://ads.doubleclick.net/tag.js></script>"
            "<script src=http://tags.widgets.test/tag.js></script>"
        ),
        "http://ads.doubleclick.net/tag.js": Answer("", content_type="text/javascript"),
        "http://tags.widgets.test/tag.js": Answer("", content_type="text/javascript"),
    }
    with serve(routes) as site:
        run_jobs([{"sample": HOST + "shop"}], proxied(site))
        assert site.hits["http://tags.widgets.test/tag.js"] == 1
        assert site.hits["http://ads.doubleclick.net/tag.js"] == 0

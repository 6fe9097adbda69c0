"""Widget behaviours: what a page runs, which vendor it shows, and in which phase.

`{vendor}` stands for the loader's address. The twin of a page is the same page whose loader is
somebody else's: nothing of a chat may be found on it.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["BEHAVIOURS", "Behaviour", "page", "twin"]

STRANGER = "https://cdn.plain-shop.test/app.js"  # no vendor of any kind
LOAD = """
const load = src => {
  const s = document.createElement('script');
  s.async = true; s.src = src; document.head.append(s);
};
"""


class Behaviour(NamedTuple):
    name: str
    vendor: str
    phase: str
    src: str  # the vendor's loader; joined in parts, so that the static page does not show it
    body: str
    twin: str | None = None  # a body of its own, where another loader alone makes no twin


def split(src):
    """The address as code that puts it together: no static reader finds the host."""
    return "[" + ", ".join(repr(src[i : i + 6]) for i in range(0, len(src), 6)) + "].join('')"


def page(behaviour, src=None, body=None):
    return (
        "<!doctype html><html lang=en><title>Shop</title><body>"
        "<h1>Tea and coffee</h1><p>We sell tea, coffee and cups, and we send them home.</p>"
        + (body or behaviour.body)
        .replace("{load}", LOAD)
        .replace("{vendor}", split(src or behaviour.src))
    )


def twin(behaviour):
    return page(behaviour, STRANGER, behaviour.twin)


def wall(seen, reject, accept, on_accept, on_reject="", before=""):
    """A consent wall of a platform: `seen` are attributes, the buttons attributes and words."""
    return f"""<div {seen} style="position:fixed;bottom:0;width:100%;height:120px">We use cookies
<button {reject[0]}>{reject[1]}</button><button {accept[0]}>{accept[1]}</button></div>
<script>{{load}}
{before}
const wall = document.querySelector('[data-wall]');
wall.querySelectorAll('button')[0].onclick = () => {{ wall.remove(); {on_reject} }};
wall.querySelectorAll('button')[1].onclick = () => {{ wall.remove(); {on_accept} }};
</script>"""


ONETRUST = (
    "id=onetrust-banner-sdk data-wall",
    ("id=onetrust-reject-all-handler", "Reject All"),
    ("id=onetrust-accept-btn-handler", "Accept All"),
)
COOKIEBOT = (
    "id=CybotCookiebotDialog data-wall",
    ("id=CybotCookiebotDialogBodyButtonDecline", "Deny"),
    ("id=CybotCookiebotDialogBodyLevelButtonLevelOptinAllowAll", "Allow all"),
)
WORDS = ("class='cookie-bar' data-wall", ("", "Nur notwendige"), ("", "Alle akzeptieren"))
NOW = "<script>{load} load({vendor})</script>"

BEHAVIOURS = [
    Behaviour("plain-loader", "intercom", "load", "https://widget.intercom.io/widget/ab12", NOW),
    Behaviour("another-family", "tawk", "load", "https://embed.tawk.to/5f/default", NOW),
    Behaviour(
        "tag-manager",
        "drift",
        "load",
        "https://js.driftt.com/include/1/x.js",
        """<script>{load}
window.tags = []; window.tags.push = tag => setTimeout(() => new Function('load', tag)(load), 50);
tags.push(`load(${JSON.stringify({vendor})})`)</script>""",
    ),
    Behaviour(
        "document-write-after-load",
        "crisp",
        "load",
        "https://client.crisp.chat/l.js",
        "<script>{load} addEventListener('load', () => load({vendor}))</script>",
    ),
    Behaviour(
        "after-a-delay",
        "livechat",
        "idle",
        "https://cdn.livechatinc.com/tracking.js",
        "<script>{load} setTimeout(() => load({vendor}), 6000)</script>",
    ),
    Behaviour(
        "after-pointer-move",
        "zendesk-web-widget",
        "idle",
        "https://static.zdassets.com/ekr/snippet.js?key=1",
        "<script>{load} addEventListener('mousemove', () => load({vendor}), {once: true})</script>",
    ),
    Behaviour(
        "after-scroll",
        "tidio",
        "scroll",
        "https://code.tidio.co/abc.js",
        """<div style="height:4000px"></div>
<script>{load} addEventListener('scroll', () => load({vendor}), {once: true})</script>""",
    ),
    Behaviour(
        "when-footer-is-seen",
        "freshchat",
        "scroll",
        "https://wchat.freshchat.com/js/widget.js",
        """<div style="height:4000px"></div><div id=end>end</div><script>{load}
new IntersectionObserver(([entry]) => entry.isIntersecting && load({vendor}))
  .observe(document.querySelector('#end'))</script>""",
    ),
    Behaviour(
        "consent-onetrust",
        "hubspot-chat",
        "consent",
        "https://js.usemessages.com/conversations-embed.js",
        wall(*ONETRUST, "load({vendor})"),
    ),
    Behaviour(
        "consent-cookiebot",
        "olark",
        "consent",
        "https://static.olark.com/jsclient/loader.js",
        wall(*COOKIEBOT, "load({vendor})"),
    ),
    Behaviour(
        "consent-by-words",
        "userlike",
        "consent",
        "https://userlike-cdn-widgets.s3-eu-west-1.amazonaws.com/a.js",
        wall(*WORDS, "load({vendor})"),
    ),
    Behaviour(
        "consent-in-shadow",
        "gorgias",
        "consent",
        "https://config.gorgias.chat/bundle-loader/1",
        """<div id=usercentrics-root></div><script>{load}
const root = document.querySelector('#usercentrics-root').attachShadow({mode: 'open'});
root.innerHTML = `<div style="position:fixed;bottom:0;height:99px">
<button data-testid=uc-deny-all-button>Deny</button>
<button data-testid=uc-accept-all-button>Accept</button></div>`;
document.querySelector('#usercentrics-root').style = 'display:block;height:9px';
root.querySelectorAll('button')[0].onclick = () => root.host.remove();
root.querySelectorAll('button')[1].onclick = () => { root.host.remove(); load({vendor}) };
</script>""",
    ),
    Behaviour(
        "gone-after-reject",
        "smartsupp",
        "load",
        "https://www.smartsuppchat.com/loader.js?",
        wall(
            *ONETRUST,
            "",
            "document.querySelectorAll('script[src]').forEach(s => s.remove())",
            "load({vendor});",
        ),
    ),
    Behaviour(
        "iframe",
        "chatbase",
        "load",
        "https://www.chatbase.co/chatbot-iframe/x",
        """<script>const f = document.createElement('iframe'); f.src = {vendor};
document.body.append(f)</script>""",
    ),
    Behaviour(
        "shadow-dom",
        "botpress",
        "load",
        "bp-web-widget",
        """<div></div><script>
const root = document.querySelector('div').attachShadow({mode: 'open'});
const part = document.createElement('div'); part.id = {vendor}; part.innerHTML = '<b>Hi</b>';
root.append(part)</script>""",
    ),
    Behaviour(
        "closed-shadow-dom",
        "ada",
        "load",
        "ada-button-frame",
        """<div></div><script>
const root = document.querySelector('div').attachShadow({mode: 'closed'});
const part = document.createElement('div'); part.id = {vendor}; root.append(part)</script>""",
    ),
    Behaviour(
        "custom-element",
        "dialogflow-messenger",
        "load",
        "df-messenger",
        "<script>document.body.append(document.createElement({vendor}))</script>",
        "<script>document.body.append(document.createElement('plain-shop'))</script>",
    ),
    Behaviour(
        "global-only",
        "voiceflow",
        "load",
        "voiceflow",
        "<script>window[{vendor}] = {chat: {}}</script>",
        "<script>window['plainflow'] = {chat: {}}</script>",
    ),
    Behaviour(
        "storage-key-only",
        "voiceflow",
        "load",
        "voiceflow-session-1a",
        "<script>localStorage.setItem({vendor}, '1')</script>",
        "<script>localStorage.setItem('shop-session-1a', '1')</script>",
    ),
    Behaviour(
        "whatsapp-floating",
        "whatsapp",
        "idle",
        "https://wa.me/4930000000",
        """<style>.corner{position:fixed;right:9px;bottom:9px}</style>
<script>setTimeout(() => { const a = document.createElement('a'); a.className = 'corner';
a.href = {vendor}; a.textContent = 'Ask'; document.body.append(a) }, 5000)</script>""",
    ),
]

"""Widget behaviours: what a page runs, which vendor it shows, and in which phase.

`{vendor}` stands for the loader's address. The twin of a page is the same page whose loader is
somebody else's: nothing of a chat may be found on it.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["BEHAVIOURS", "Behaviour", "files", "page", "twin", "twin_files"]

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
    files: tuple[tuple[str, str], ...] = ()  # of the shop's own host; {vendor} as in the body


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


def files(behaviour, src=None):
    """Scripts of the shop's own host: name -> text."""
    words = split(src or behaviour.src)
    return {
        name: text.replace("{load}", LOAD)
        .replace("{vendor}", words)
        .replace("{plain}", src or behaviour.src)
        for name, text in behaviour.files
    }


def twin_files(behaviour):
    return files(behaviour, STRANGER)


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
    Behaviour(
        "document-write",
        "jivochat",
        "load",
        "https://code.jivosite.com/widget/ab",
        """<script>
document.write('<script async src="' + {vendor} + '"></' + 'script>')</script>""",
    ),
    Behaviour(
        "module-from-a-blob",
        "chatra",
        "load",
        "https://call.chatra.io/chatra.js",
        """<script type=module>{load}
const code = 'export const start = load => load(' + JSON.stringify({vendor}) + ')';
const url = URL.createObjectURL(new Blob([code], {type: 'text/javascript'}));
(await import(url)).start(load)</script>""",
    ),
    Behaviour(
        "two-tag-managers",
        "kommunicate",
        "load",
        "https://widget.kommunicate.io/v2/kommunicate.app",
        "<script src=/first-tags.js async></script>",
        files=(
            ("first-tags.js", "{load} load('/second-tags.js')"),
            ("second-tags.js", "setTimeout(() => load({vendor}), 80)"),
        ),
    ),
    Behaviour(
        "by-message-from-a-frame",
        "landbot",
        "load",
        "https://static.landbot.io/landbot-3/landbot-3.0.0.js",
        """<script>{load} addEventListener('message', e => e.data === 'chat' && load({vendor}))
const f = document.createElement('iframe');
f.srcdoc = "<script>parent.postMessage('chat', '*')</" + "script>";
document.body.append(f)</script>""",
    ),
    Behaviour(
        "inside-a-frame-without-address",
        "reamaze",
        "load",
        "https://cdn.reamaze.com/assets/reamaze.js",
        """<script>const f = document.createElement('iframe');
f.srcdoc = '<body><script src="' + {vendor} + '"></' + 'script>';
document.body.append(f)</script>""",
    ),
    Behaviour(
        "web-component",
        "chatwoot",
        "load",
        "https://app.chatwoot.com/packs/js/sdk.js",
        """<tea-help></tea-help><script>{load} customElements.define('tea-help',
class extends HTMLElement { connectedCallback() { load({vendor}) } })</script>""",
    ),
    Behaviour(
        "when-idle",
        "zoho-salesiq",
        "load",
        "https://salesiq.zoho.com/widget",
        "<script>{load} requestIdleCallback(() => load({vendor}))</script>",
    ),
    Behaviour(
        "after-frames",
        "liveperson",
        "load",
        "https://lptag.liveperson.net/tag/tag.js?site=1",
        """<script>{load} let left = 4;
const turn = () => --left ? requestAnimationFrame(turn) : load({vendor});
requestAnimationFrame(turn)</script>""",
    ),
    Behaviour(
        "after-a-route-change",
        "help-scout-beacon",
        "idle",
        "https://beacon-v2.helpscout.net",
        """<script>{load} addEventListener('popstate', () => load({vendor}));
setTimeout(() => { history.pushState({}, '', '#/home');
  dispatchEvent(new PopStateEvent('popstate')) }, 3000)</script>""",
    ),
    Behaviour(
        "in-business-hours",
        "livehelpnow",
        "load",
        "https://www.livehelpnow.net/lhn/functions/lhnvisitor.js",
        """<script>{load} const at = new Date().getHours();
if (at >= 0 && at < 24) load({vendor})</script>""",
        """<script>{load} const at = new Date().getHours();
if (at >= 24) load('https://www.livehelpnow' + '.net/lhn/functions/lhnvisitor.js')</script>""",
    ),
    Behaviour(
        "for-one-language",
        "manychat",
        "load",
        "https://widget.manychat.com/1.js",
        "<script>{load} if (navigator.language.startsWith('en')) load({vendor})</script>",
        """<script>{load} if (navigator.language.startsWith('fi'))
load('https://widget.many' + 'chat.com/1.js')</script>""",
    ),
    Behaviour(
        "websocket-only",
        "intercom",
        "load",
        "wss://nexus-websocket-a.intercom.io/pubsub/5",
        "<script>new WebSocket({vendor})</script>",
        "<script>new WebSocket('wss://prices.plain-shop.test/live')</script>",
    ),
    Behaviour(
        "second-vendor-as-fallback",
        "smallchat",
        "load",
        "https://embed.small.chat/x.js",
        """<script>{load} const s = document.createElement('script');
s.src = 'https://cdn.plain-shop.test/chat-first.js'; s.onerror = () => load({vendor});
document.head.append(s)</script>""",
    ),
    Behaviour(
        "vendor-under-the-shops-host",
        "olark",
        "load",
        "olark",
        "<script src=/help/loader.js async></script>",
        files=(("help/loader.js", "window[{vendor}] = function () {}; olark.identify = () => 0"),),
    ),
    Behaviour(
        "address-from-a-config",
        "chatlio",
        "load",
        "https://w.chatlio.com/w.chatlio-widget.js",
        "<script>{load} fetch('/chat-config.txt').then(a => a.text()).then(load)</script>",
        files=(("chat-config.txt", "{plain}"),),
    ),
    Behaviour(
        "lazy-frame-far-below",
        "chatbase",
        "scroll",
        "https://www.chatbase.co/chatbot-iframe/y",
        """<div style="height:9000px"></div><div id=end>end</div><script>
new IntersectionObserver(([entry]) => { if (!entry.isIntersecting) return;
  const f = document.createElement('iframe'); f.loading = 'lazy'; f.src = {vendor};
  document.body.append(f) }).observe(document.querySelector('#end'))</script>""",
    ),
    Behaviour(
        "after-a-click-on-the-shops-button",
        "tawk",
        "click",
        "https://embed.tawk.to/77/default",
        """<button class=chat-open
style="position:fixed;right:9px;bottom:9px;width:60px;height:60px" aria-label="Open chat">?</button>
<script>{load}
document.querySelector('.chat-open').onclick = () => load({vendor})</script>""",
    ),
    Behaviour(
        "opens-a-window-of-its-own",
        "crisp",
        "click",
        "https://go.crisp.chat/chat/embed/?website_id=1",
        """<button class=chat-open
style="position:fixed;right:9px;bottom:9px;width:60px;height:60px" aria-label="Live chat">?</button>
<script>
document.querySelector('.chat-open').onclick = () => window.open({vendor}, '', 'popup')</script>""",
    ),
    Behaviour(
        "consent-in-a-frame",
        "drift",
        "consent",
        "https://js.driftt.com/include/2/x.js",
        """<script>{load} const f = document.createElement('iframe'); f.id = 'sp_message_iframe_1';
f.style = 'position:fixed;bottom:0;width:100%;height:140px;border:0';
f.srcdoc = `<div class=cookie-message style="height:120px">
<button onclick="parent.answer(false)">Reject all</button>
<button onclick="parent.answer(true)">Accept all</button></div>`;
window.answer = yes => { f.remove(); if (yes) load({vendor}) };
document.body.append(f)</script>""",
    ),
    Behaviour(
        "consent-didomi",
        "freshchat",
        "consent",
        "https://wchat.freshchat.com/js/widget.js",
        wall(
            "id=didomi-notice data-wall",
            ("id=x class=didomi-continue-without-agreeing", "Continue without agreeing"),
            ("id=didomi-notice-agree-button", "Agree and close"),
            "load({vendor})",
        ),
    ),
]

"""Chats that open by a click: in the page, in an iframe, in a shadow tree."""

from __future__ import annotations

import json

__all__ = ["FRAMED", "IN_PAGE", "OWN", "SHADOW", "UNNAMED", "framed_window"]

# Any script of a vendor makes the chat proven; the window is what the shop shows.
PROOF = "<script>window.Intercom = function () {}</script>"
CORNER = "position:fixed;right:16px;bottom:16px;width:60px;height:60px"
WINDOW = "position:fixed;right:16px;bottom:90px;width:360px;height:520px;background:#fff"

TALK = """<div lang=en><img alt="Mia" class=avatar width=40 height=40><h2>Hello! I'm Mia</h2>
<p>I am the virtual assistant of Tea House, an AI. I can help with orders and returns.</p>
<p>Our team typically replies in 5 minutes, Mon-Fri 9:00-17:00.</p>
<button>Track my order</button><button>Returns</button><button>Talk to a human</button>
<a href="mailto:help@tea.example">Write to us</a><a href="/privacy">Privacy</a>
<textarea placeholder="Your message"></textarea><button aria-label="Close chat">x</button></div>"""

FORM = """<div><p>Please introduce yourself before we begin the conversation.</p>
<input name=name placeholder="Your name"><input type=email placeholder="E-mail" required>
<button>Start chat</button></div>"""

TYPED = """<script>for (const kind of ['keydown', 'input', 'submit'])
addEventListener(kind, () => fetch('/typed-or-sent'), true)</script>"""


def _shop(body):
    return f"<!doctype html><html lang=en><title>Tea</title><h1>Tea</h1>{PROOF}{TYPED}{body}"


IN_PAGE = _shop(f"""<button id=chat-launcher aria-label="Open chat" style="{CORNER}">o</button>
<script>document.querySelector('#chat-launcher').onclick = () => setTimeout(() => {{
const w = document.createElement('div'); w.className = 'chat-window'; w.style = '{WINDOW}';
w.innerHTML = {json.dumps(TALK)}; document.body.append(w) }}, 2000)</script>""")

SHADOW = _shop(f"""<tea-chat></tea-chat><script>
const root = document.querySelector('tea-chat').attachShadow({{mode: 'closed'}});
root.innerHTML = `<button aria-label="Chat with us" style="{CORNER}">o</button>`;
root.querySelector('button').onclick = () => {{
const w = document.createElement('div'); w.style = '{WINDOW}';
w.innerHTML = {json.dumps(TALK)}; root.append(w) }}</script>""")

# The opener is an iframe too, as with most vendors.
FRAMED = _shop(f"""<iframe title="Chat" style="{CORNER}" srcdoc="<button aria-label='Open chat'
style='width:60px;height:60px' onclick='parent.openChat()'>o</button>"></iframe><script>
window.openChat = () => {{ const f = document.createElement('iframe'); f.src = '/window';
f.name = 'messenger'; f.style = '{WINDOW}'; document.body.append(f) }}</script>""")


def framed_window(language="en"):
    return f"<!doctype html><html lang={language}><body>{FORM}"


# A picture without a name that only a mouse reaches.
UNNAMED = _shop(f"""<div class=chat-launcher style="{CORNER};cursor:pointer"></div><script>
document.querySelector('.chat-launcher').onclick = () => {{
const w = document.createElement('div'); w.className = 'chat-window'; w.style = '{WINDOW}';
w.innerHTML = {json.dumps(FORM)}; document.body.append(w) }}</script>""")

# Of no vendor: the shop's script builds opener and window, and the window waits unseen.
OWN = f"""<!doctype html><html lang=en><title>Tea</title><h1>Tea</h1>{TYPED}<script>
const part = (name, style, html) => {{ const node = document.createElement(name);
  node.style = style; node.innerHTML = html; document.body.append(node); return node }};
addEventListener('load', () => {{
  const button = part('button', '{CORNER}', 'o'), w = part('div', '{WINDOW}', {json.dumps(TALK)});
  button.className = 'chat-launcher'; button.setAttribute('aria-label', 'Open chat');
  w.className = 'chat-panel'; w.style.display = 'none';
  button.onclick = () => {{ w.style.display = w.style.display ? '' : 'none' }} }})</script>"""

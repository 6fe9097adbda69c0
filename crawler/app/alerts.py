"""Alerts: one digest a run of what changed for sure, health apart from it, and a feed.

A fact is told after two observations that agree; a page that failed is no observation. What was
told is not told again, and what flips is held back until it stays.
"""

from __future__ import annotations

import json
import os
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from string import Template
from typing import TYPE_CHECKING, Any, NamedTuple

from analysis.changes import compare
from crawler.app.brands import latest_run
from crawler.app.exports import default_path, write_whole
from crawler.app.studies import study_id
from crawler.app.sums import keep_sums
from crawler.db import open_db, row_id, upsert
from crawler.errors import ConfigError, CxscoutError

if TYPE_CHECKING:
    from pathlib import Path

    from analysis.changes import Change
    from crawler.config import Settings
    from crawler.db import Database

__all__ = [
    "changes_between",
    "deliver",
    "deliver_waiting",
    "list_alerts",
    "send_by_apprise",
    "set_alerts",
    "tell_run",
    "try_target",
]

QUIET = timedelta(days=7)  # a fact that was told is told again, or the other way, after this
BLOCKED_RUNS = 3  # a site that failed so often in a row is worth an alert
MAX_TRIES = 10
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)
_BACK = (2, 3, 4)  # the base lies so far back: two lost observations are borne
_WINDOW = 8  # runs that are looked at
_FEED_ENTRIES = 100
_TEMPLATES = {"title": "cxscout $study: $count $what", "body": "$items\n\n$run - message $key"}
WORDS = ("study", "count", "what", "items", "run", "key")  # what templates may name
_NAMES = {
    "faq": "question",
    "phone": "phone number",
    "email": "e-mail address",
    "messenger": "messenger",
    "hours": "statement of hours",
    "reply_time": "promise of a reply time",
    "policy": "term",
    "language": "language",
}
TOPICS = (*_NAMES, "chat_vendor", "brand", "gap", "number")
_OPPOSITE = {"added": "removed", "rose": "fell", "opened": "closed"}
_OPPOSITE |= {b: a for a, b in _OPPOSITE.items()}

Send = Callable[[str, str, str], None]


class News(NamedTuple):
    """One fact that moved; `fact` is what it is about, `direction` where it went."""

    fact: str
    direction: str
    topic: str
    text: str

    @property
    def key(self) -> tuple[str, str]:
        return self.fact, self.direction


# -- what changed between two runs


def changes_between(
    db: Database, name: str, from_run: int | None = None, to_run: int | None = None
) -> list[dict[str, Any]]:
    """Rows for `cxscout changes`; the default is the latest run that is done and the one before."""
    number = study_id(db, name)
    done = _done_runs(db, number, offline=True)
    for given in (from_run, to_run):
        if given is not None:
            latest_run(db, name, given, analyzed=True)
    if to_run is None:
        to_run = max((run for run in done if run != from_run), default=None)
    if from_run is None:
        from_run = max((run for run in done if to_run is not None and run < to_run), default=None)
    if from_run is None or to_run is None:
        raise ConfigError(f"study {name!r} has not two runs that are done; run it again first")
    return [
        {
            "from_run": from_run, "to_run": to_run, "domain": change.domain, "kind": change.kind,
            "cause": change.cause, "before": change.before, "after": change.after,
            "text": change.text,
        }
        for change in compare(db, from_run, to_run)
    ]  # fmt: skip


def _done_runs(db: Database, number: int, *, offline: bool = False) -> list[int]:
    """Runs that ended well, oldest first; a replay is no new observation."""
    return [
        row[0]
        for row in db.execute(
            "select id from runs where study_id = ? and state = 'done' and offline <= ? "
            "order by id",
            [number, int(offline)],
        )
    ]


# -- news: changes taken apart into facts


def _news(change: Change) -> Iterator[News]:
    if change.cause != "market":
        return
    kind, _, direction = change.kind.rpartition("_")
    if direction in ("added", "removed") and kind in _NAMES:
        values = (change.after if direction == "added" else change.before) or ""
        for value in values.split("; "):
            fact = f"{kind}|{change.domain}|{value}"
            text = f"{change.domain} {direction} a {_NAMES[kind]}: “{value}”"
            yield News(fact, direction, kind, text)
    elif change.kind in ("chat_vendor", "brand"):
        fact = f"{change.kind}|{change.domain}"
        yield News(fact, change.after or "none", change.kind, change.text)
    else:
        direction = "rose" if " rose from " in change.text else "fell"
        yield News(f"number|{change.domain}|{change.kind}", direction, "number", change.text)


_GAPS = """
    select g.metric, g.text from gaps g join brands b on b.id = g.brand_id
    where g.run_id = ? and b.role = 'own'"""
_MEASURED = """
    select m.key from metrics m join brands b on b.id = m.brand_id
    where m.run_id = ? and b.role = 'own' and m.value is not null"""


def _gap_news(db: Database, from_run: int, to_run: int) -> Iterator[News]:
    """Own gaps that opened or closed; a metric that was not measured says neither."""
    before, after = (dict(db.execute(_GAPS, [run]).fetchall()) for run in (from_run, to_run))
    told = [{row[0] for row in db.execute(_MEASURED, [run])} for run in (from_run, to_run)]
    for metric in sorted((before.keys() ^ after.keys()) & told[0] & told[1]):
        direction = "opened" if metric in after else "closed"
        text = after.get(metric) or before[metric]
        yield News(f"gap|{metric}", direction, "gap", f"gap {direction}: {text}")


class _History:
    """The last runs of a study, and what moved between any two of them."""

    def __init__(self, db: Database, number: int, run_id: int) -> None:
        self.runs = [run for run in _done_runs(db, number) if run <= run_id][-_WINDOW:]
        self._between = lru_cache(maxsize=None)(self._compare)
        self._db = db

    def _compare(self, from_run: int, to_run: int) -> dict[tuple[str, str], News]:
        found = [n for change in compare(self._db, from_run, to_run) for n in _news(change)]
        found += _gap_news(self._db, from_run, to_run)
        return {news.key: news for news in found}

    def confirmed(self, agree: int) -> list[News]:
        """News of the last run that `agree` observations bear out."""
        if agree == 1 and len(self.runs) > 1:
            return list(self._between(*self.runs[-2:]).values())
        found: dict[tuple[str, str], News] = {}
        for back in _BACK:
            if len(self.runs) > back:
                found |= {news.key: news for news in self._since(len(self.runs) - 1 - back)}
        return list(found.values())

    def _since(self, at: int) -> Iterator[News]:
        """News since the run at `at` that a run between saw too and none contradicts."""
        base, last = self.runs[at], self.runs[-1]
        for key, news in self._between(base, last).items():
            for middle in range(at + 1, len(self.runs) - 1):
                if key in self._between(base, self.runs[middle]) and not self._is_flip(
                    key, at, middle
                ):
                    yield news
                    break

    def _is_flip(self, key: tuple[str, str], at: int, middle: int) -> bool:
        """Whether the base itself was the odd one, or a run after `middle` went back."""
        base, last = self.runs[at], self.runs[-1]
        if at and key[0].startswith("number|"):  # a low outlier as base makes all others a rise
            return key not in self._between(self.runs[at - 1], last)
        for n, earlier in enumerate(self.runs[:at]):
            between = self.runs[n + 1 : at]
            if self._went_back(key, earlier, base) and not any(
                self._went_back(key, earlier, run) for run in between
            ):
                return True
        return any(
            self._went_back(key, self.runs[middle], run) for run in self.runs[middle + 1 : -1]
        )

    def _went_back(self, key: tuple[str, str], from_run: int, to_run: int) -> bool:
        fact, direction = key
        moved = self._between(from_run, to_run)
        if direction in _OPPOSITE:
            return (fact, _OPPOSITE[direction]) in moved
        return any(other == fact and to != direction for other, to in moved)


# -- telling


def tell_run(
    settings: Settings,
    number: int,
    run_id: int | None,
    error: str,
    now: datetime,
    send: Send | None = None,
) -> list[str]:
    """Store what a run has to tell, write the feed, send the digests; returns the texts.

    Doing it twice tells nothing twice. `error` is why the run failed, empty when it did not.
    """
    db = open_db(settings.database)
    try:
        wishes = _wishes(db, number)
        texts = []
        if run_id is not None and not error:
            texts += _tell_changes(db, number, run_id, wishes, now)
        texts += _tell_health(db, number, run_id, error, wishes, now)
        _write_feed(settings, db, number, now)
        deliver(db, now, send or send_by_apprise)
        return texts
    finally:
        db.close()


def _wishes(db: Database, number: int) -> dict[str, Any]:
    """What the study's schedule says about alerts: targets, topics, agree."""
    row = db.execute("select settings from schedules where study_id = ?", [number]).fetchone()
    found = json.loads(row[0]).get("alerts", {}) if row else {}
    return {"targets": [], "topics": list(TOPICS), "agree": 2, **_TEMPLATES} | found


def _tell_changes(
    db: Database, number: int, run_id: int, wishes: dict[str, Any], now: datetime
) -> list[str]:
    history = _History(db, number, run_id)
    if not history.runs or history.runs[-1] != run_id:
        return []
    with db.atomic():
        for news in history.confirmed(wishes["agree"]):
            if news.topic in wishes["topics"]:
                _take(db, number, run_id, news, history.runs[0], now)
        _release(db, number, now)
        return _digest(db, number, run_id, "change", wishes, now)


def _take(db: Database, number: int, run_id: int, news: News, oldest: int, now: datetime) -> None:
    """Store news unless it was told; hold it back when the fact was told a short time ago."""
    told = _latest(db, number, news.fact, "open", "told")
    held = _latest(db, number, news.fact, "held")
    current = held or told
    # A set has a fact or not; a number can rise again once the last rise is out of sight.
    is_old = current is not None and news.topic == "number" and (current["run_id"] or 0) < oldest
    if current and current["direction"] == news.direction and not is_old:
        return
    if held:
        db.execute("update alerts set state = 'dropped' where id = ?", [held["id"]])
        if told and told["direction"] == news.direction:
            return
    is_recent = told is not None and _is_recent(told, now)
    _store(db, number, run_id, news, f"change:{news.topic}", "held" if is_recent else "open", now)


def _release(db: Database, number: int, now: datetime) -> None:
    """What was held back and has stayed since is told at last."""
    for row in list(
        db.query("select * from alerts where study_id = ? and state = 'held'", [number])
    ):
        told = _latest(db, number, row["fact"], "open", "told")
        if told is None or not _is_recent(told, now):
            db.execute(
                "update alerts set state = 'open', created_at = ? where id = ?",
                [_stamp(now), row["id"]],
            )


def _is_recent(row: dict[str, Any], now: datetime) -> bool:
    return datetime.fromisoformat(row["created_at"]) > now - QUIET


def _latest(db: Database, number: int, fact: str, *states: str) -> dict[str, Any] | None:
    marks = ", ".join("?" * len(states))
    rows = db.query(
        f"select * from alerts where study_id = ? and fact = ? and state in ({marks}) "
        "order by created_at desc, rowid desc limit 1",
        [number, fact, *states],
    )
    return next(iter(rows), None)


def _store(
    db: Database, number: int, run_id: int | None, news: News, kind: str, state: str, now: datetime
) -> None:
    row = {
        "id": row_id(number, news.fact, news.direction, run_id, _stamp(now)[:10]),
        "study_id": number,
        "run_id": run_id,
        "kind": kind,
        "text": news.text,
        "created_at": _stamp(now),
        "fact": news.fact,
        "direction": news.direction,
        "state": state,
    }
    upsert(db, "alerts", [row])


def _digest(
    db: Database, number: int, run_id: int | None, kind: str, wishes: dict[str, Any], now: datetime
) -> list[str]:
    """One message for each target with all that is open; in the caller's transaction."""
    rows = list(
        db.query(
            "select id, text from alerts where study_id = ? and state = 'open' and "
            "kind glob ? order by kind, fact",
            [number, f"{kind}*"],
        )
    )
    if not rows:
        return []
    texts = [row["text"] for row in rows]
    name = db.execute("select name from studies where id = ?", [number]).fetchone()[0]
    what = "change" if kind == "change" else "health notice"
    key = row_id(*(row["id"] for row in rows))
    words = {
        "study": name,
        "count": len(texts),
        "what": f"{what}s" if len(texts) > 1 else what,
        "items": "\n".join(f"- {text}" for text in texts),
        "run": f"run {run_id}" if run_id else "no run",
        "key": key,
    }
    title, body = (Template(wishes[part]).safe_substitute(words) for part in ("title", "body"))
    for target in wishes["targets"]:
        row = {
            "id": row_id(key, target), "study_id": number, "run_id": run_id, "kind": kind,
            "target": target, "title": title, "body": body, "state": "waiting", "attempts": 0,
            "next_try_at": _stamp(now), "error": "", "sent_at": None,
        }  # fmt: skip
        db.table("deliveries").insert(row, pk="id", ignore=True)
    db.execute(
        "update alerts set state = 'told' where study_id = ? and state = 'open' and kind glob ?",
        [number, f"{kind}*"],
    )
    return texts


# -- health


def _tell_health(
    db: Database, number: int, run_id: int | None, error: str, wishes: dict[str, Any], now: datetime
) -> list[str]:
    """Troubles are told when they begin, again each week, and when they are over."""
    with db.atomic():
        troubles = {news.fact: news for news in _troubles(db, number, run_id, error)}
        for news in troubles.values():
            last = _latest(db, number, news.fact, "open", "told")
            if last is not None and last["direction"] == "broken" and _is_recent(last, now):
                continue
            _store(db, number, run_id, news, f"health:{news.topic}", "open", now)
        if not error:
            for fact in _open_troubles(db, number) - troubles.keys():
                news = News(fact, "fixed", fact.partition("|")[0], f"over: {fact.split('|')[-1]}")
                _store(db, number, run_id, news, f"health:{news.topic}", "open", now)
        return _digest(db, number, run_id, "health", wishes, now)


def _open_troubles(db: Database, number: int) -> set[str]:
    facts = db.execute(
        "select distinct fact from alerts where study_id = ? and kind glob 'health:*'", [number]
    ).fetchall()
    latest = (_latest(db, number, fact, "open", "told") for (fact,) in facts)
    return {row["fact"] for row in latest if row and row["direction"] == "broken"}


def _troubles(db: Database, number: int, run_id: int | None, error: str) -> Iterator[News]:
    if error:
        yield News("run|runs fail", "broken", "run", f"the run failed: {error}")
    if run_id is None:
        return
    for provider, reason, bad, asked in db.execute(
        "select provider, max(case when state not in ('ok', 'empty') then reason end), "
        "sum(state not in ('ok', 'empty')), count(*) from searches where run_id = ? "
        "group by provider",
        [run_id],
    ):
        if bad:
            text = f"provider {provider} answered {asked - bad} of {asked} searches: {reason}"
            yield News(f"provider|provider {provider} fails", "broken", "provider", text)
    for domain, reason in _blocked_sites(db, number, run_id):
        text = f"{domain} could not be read in {BLOCKED_RUNS} runs in a row: {reason}"
        yield News(f"site|{domain} cannot be read", "broken", "site", text)
    row = db.execute(
        "select reason from visits where run_id = ? and stage = 'render' and state = 'skipped' "
        "and reason like 'no browser%' limit 1",
        [run_id],
    ).fetchone()
    if row:
        yield News("browser|no browser is found", "broken", "browser", row[0])


def _blocked_sites(db: Database, number: int, run_id: int) -> list[tuple[str, str]]:
    runs = [run for run in _done_runs(db, number) if run <= run_id][-BLOCKED_RUNS:]
    if len(runs) < BLOCKED_RUNS:
        return []
    marks = ", ".join("?" * len(runs))
    return db.execute(
        "select b.domain, max(v.reason) from visits v join brands b on b.id = v.brand_id "
        f"where v.run_id in ({marks}) and v.stage = 'crawl' and v.state = 'failed' "
        "group by b.domain having count(*) = ? order by 1",
        [*runs, BLOCKED_RUNS],
    ).fetchall()


# -- sending


def deliver(db: Database, now: datetime, send: Send) -> int:
    """Send what waits and is due; returns how many went out. At least once: it may come twice.

    A target that fails is tried again after 1, 2, 4 ... minutes, ten times in all.
    """
    sent = 0
    for row in list(
        db.query(
            "select * from deliveries where state = 'waiting' and next_try_at <= ? order by rowid",
            [_stamp(now)],
        )
    ):
        tries = row["attempts"] + 1
        try:
            send(row["target"], row["title"], row["body"])
        except CxscoutError as error:
            wait = min(_FIRST_WAIT * 2 ** (tries - 1), _LONGEST_WAIT)
            state = "given_up" if tries >= MAX_TRIES else "waiting"
            db.execute(
                "update deliveries set attempts = ?, state = ?, next_try_at = ?, error = ? "
                "where id = ?",
                [tries, state, _stamp(now + wait), str(error), row["id"]],
            )
            continue
        with db.atomic():
            db.execute(
                "update deliveries set attempts = ?, state = 'sent', sent_at = ?, error = '' "
                "where id = ?",
                [tries, _stamp(now), row["id"]],
            )
            db.execute(
                "update alerts set sent_at = ? where study_id = ? and run_id is ? and "
                "state = 'told' and sent_at is null and kind glob ?",
                [_stamp(now), row["study_id"], row["run_id"], f"{row['kind']}*"],
            )
        sent += 1
    return sent


def deliver_waiting(settings: Settings) -> int:
    """What could not be sent before, tried again now."""
    db = open_db(settings.database)
    try:
        return deliver(db, datetime.now(UTC), send_by_apprise)
    finally:
        db.close()


def send_by_apprise(target: str, title: str, body: str) -> None:
    """Send one message; a target `env:NAME` is read from the environment.

    Raises ConfigError when Apprise is missing or does not know such a target, CxscoutError when the
    target did not take the message.
    """
    url = _target_url(target)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Apprise imports imghdr, which is deprecated
        try:
            import apprise  # noqa: PLC0415  (50 MB of memory)
        except ImportError:
            raise ConfigError(
                "alerts need Apprise; install the extra: pip install 'cxscout[alerts]'"
            ) from None
        channel = apprise.Apprise()
        if not channel.add(url):
            raise ConfigError(
                f"alert target {_shown(target)} is not one that Apprise knows; "
                "write it like mailto://user:password@example.com or json://HOST/PATH"
            )
        if not channel.notify(title=title, body=body):
            raise CxscoutError(f"alert target {_shown(target)} did not take the message")


def _target_url(target: str) -> str:
    if not target.startswith("env:"):
        return target
    url = os.environ.get(target.removeprefix("env:"))
    if not url:
        raise ConfigError(f"alert target {target} is not set in the environment")
    return url


def _shown(target: str) -> str:
    """A target without what is secret in it."""
    return target if target.startswith("env:") else f"{target.partition(':')[0]}://..."


def try_target(target: str, send: Send = send_by_apprise) -> None:
    """Send a message that says that it is a test."""
    send(target, "cxscout: a test", "Alerts of cxscout arrive here.")


def _check_template(text: str | None) -> None:
    """Refuse what would be sent as it stands: a lone $, a word that there is not."""
    template = Template(text or "")
    unknown = sorted(set(template.get_identifiers()) - set(WORDS))
    if unknown or not template.is_valid():
        wrong = f"names ${unknown[0]}" if unknown else "has a lone $ (write $$)"
        raise ConfigError(f"template {text!r} {wrong}; known are ${', $'.join(WORDS)}")


def set_alerts(
    db: Database,
    name: str,
    targets: Iterable[str],
    topics: Iterable[str],
    agree: int | None,
    *,
    title: str | None = None,
    body: str | None = None,
) -> None:
    """Say where the alerts of a study go and what they are about; what is empty stays.

    `title` and `body` are templates with the words of WORDS, like "$study: $count $what".
    """
    for text in (title, body):
        _check_template(text)
    number = study_id(db, name)
    row = db.execute("select settings from schedules where study_id = ?", [number]).fetchone()
    if row is None:
        raise ConfigError(
            f"study {name!r} has no schedule, so nothing is told; set one: cxscout schedule set"
        )
    wrong = sorted(set(topics) - set(TOPICS))
    if wrong:
        raise ConfigError(f"topic {wrong[0]!r} is unknown; choose of {', '.join(TOPICS)}")
    settings = json.loads(row[0])
    given = {
        "targets": list(targets), "topics": list(topics), "agree": agree,
        "title": title, "body": body,
    }  # fmt: skip
    wishes = settings.get("alerts", {}) | {key: value for key, value in given.items() if value}
    text = json.dumps(settings | {"alerts": wishes}, ensure_ascii=False, sort_keys=True)
    db.execute("update schedules set settings = ? where study_id = ?", [text, number])


def list_alerts(db: Database, name: str) -> list[dict[str, Any]]:
    """Rows for `cxscout alert list`, newest first."""
    return list(
        db.query(
            "select created_at, run_id as run, kind, state, sent_at, text from alerts "
            "where study_id = ? order by created_at desc, rowid desc",
            [study_id(db, name)],
        )
    )


# -- the feed

_ATOM = "http://www.w3.org/2005/Atom"


def _write_feed(settings: Settings, db: Database, number: int, now: datetime) -> Path:
    """The Atom feed of a study in reports/: what was told, newest first."""
    name = db.execute("select name from studies where id = ?", [number]).fetchone()[0]
    rows = list(
        db.query(
            "select * from alerts where study_id = ? and state = 'told' "
            "order by created_at desc, rowid desc limit ?",
            [number, _FEED_ENTRIES],
        )
    )
    feed = ET.Element("feed", xmlns=_ATOM)
    updated = rows[0]["created_at"] if rows else _stamp(now)
    for tag, text in (("id", f"urn:cxscout:study:{number}"), ("title", f"cxscout: {name}"),
                      ("updated", updated)):  # fmt: skip
        ET.SubElement(feed, tag).text = text
    ET.SubElement(ET.SubElement(feed, "author"), "name").text = "cxscout"
    for row in rows:
        entry = ET.SubElement(feed, "entry")
        for tag, text in (("id", f"urn:cxscout:alert:{row['id']}"), ("title", row["text"]),
                          ("updated", row["created_at"]), ("content", row["text"])):  # fmt: skip
            ET.SubElement(entry, tag).text = text
        ET.SubElement(entry, "category", term=row["kind"])
    path = settings.reports / _feed_name(settings, name)
    digest = write_whole(path, ET.tostring(feed, encoding="utf-8", xml_declaration=True))
    keep_sums(settings.reports, {path: digest})
    return path


def _feed_name(settings: Settings, name: str) -> str:
    return default_path(settings, name, 0, ".atom").name.replace("-run0", "")


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")

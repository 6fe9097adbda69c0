"""Own data: surveys that are imported, and the log of mystery visits."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from analysis.mystery import (
    CHANNELS,
    NOTE,
    QUALITY,
    choose_questions,
    hours_between,
    read_time,
    standard_questions,
    visit_bucket,
)
from analysis.surveys import SURVEYS, format_result, formula_of, survey_results
from crawler.app.studies import get_study, study_id
from crawler.app.survey_files import read_survey
from crawler.config import clean_domain
from crawler.db import row_id, upsert
from crawler.domains import registrable_domain
from crawler.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from crawler.config import Settings
    from crawler.db import Database

__all__ = [
    "Imported",
    "Visit",
    "add_visit",
    "import_survey",
    "list_surveys",
    "list_visits",
    "plan_visits",
    "remove_survey",
    "remove_visit",
    "script_lines",
    "show_surveys",
    "survey_lines",
]


# -- surveys ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Imported:
    """`known` answers were there already; `notes` say what was left out."""

    survey: str
    formula: str
    new: int
    known: int
    notes: tuple[str, ...]


def import_survey(
    db: Database,
    study_name: str,
    path: Path,
    metric: str,
    *,
    formula: str | None = None,
    name: str | None = None,
    column: str | None = None,
    unit: str | None = None,
) -> Imported:
    """Store the answers of a file; the same file again, or a longer one, adds only what is new.

    `name` keeps surveys of one kind apart. A file without dates and ids is known by its own name,
    as nothing else tells its answers from those of another month.
    """
    number = study_id(db, study_name)
    used = formula_of(metric, formula)
    found = read_survey(path, metric, column=column, unit=unit)
    survey = name if name is not None else ("" if found.is_dated else path.stem)
    scale = SURVEYS[metric].scale or (None, None)
    rows = [
        {
            "id": row_id(number, "survey", metric, survey, *key),
            "study_id": number,
            "survey": survey,
            "metric": metric,
            "formula": used.key,
            "scale_min": scale[0],
            "scale_max": scale[1],
            "value": answer.value,
            "base": answer.base,
            "label": answer.label,
            "at": answer.at,
        }
        for answer, key in zip(found.answers, found.keys, strict=True)
    ]
    with db.atomic():
        before = _count(db, number, metric, survey)
        upsert(db, "surveys", rows)
        new = _count(db, number, metric, survey) - before
        # One survey has one formula: the last import's.
        db.execute(
            "update surveys set formula = ? where study_id = ? and metric = ? and survey = ?",
            [used.key, number, metric, survey],
        )
    return Imported(survey, used.key, new, len(rows) - new, tuple(found.notes))


def _count(db: Database, study: int, metric: str, survey: str) -> int:
    found: int = db.execute(
        "select count(*) from surveys where study_id = ? and metric = ? and survey = ?",
        [study, metric, survey],
    ).fetchone()[0]
    return found


def list_surveys(db: Database, study_name: str | None) -> list[dict[str, Any]]:
    """Rows for `cxscout survey list`: what was imported, of one study or of all."""
    if study_name is not None:
        study_id(db, study_name)
    return list(
        db.query(
            """
            select s.name as study, v.metric, v.survey, v.formula, count(*) as rows,
                   min(v.at) as since, max(v.at) as until
            from surveys v join studies s on s.id = v.study_id
            where ? is null or s.name = ?
            group by s.name, v.metric, v.survey, v.formula order by s.name, v.metric, v.survey
            """,
            [study_name, study_name],
        )
    )


def show_surveys(
    db: Database, study_name: str, metric: str | None = None, survey: str | None = None
) -> list[dict[str, Any]]:
    """The numbers that own data gives, each with formula, scale, n and interval."""
    found = [
        result
        for result in survey_results(db, study_id(db, study_name))
        if metric in (None, result.metric) and survey in (None, result.survey)
    ]
    return [
        {**asdict(result), "parts": [{"label": label, "n": n} for label, n in result.parts]}
        for result in found
    ]


def survey_lines(rows: Sequence[dict[str, Any]]) -> list[str]:
    """The rows of show_surveys as text: the number, and under it what it means."""
    lines: list[str] = []
    for row in rows:
        unit = row["unit"]
        between = ""
        if row["low"] is not None:
            low, high = format_result(row["low"], unit), format_result(row["high"], unit)
            between = f"  (95 % interval {low} to {high})"
        name = f" [{row['survey']}]" if row["survey"] else ""
        dates = f", {row['since']} to {row['until']}" if row["since"] else ""
        lines += [
            f"{row['label']}{name}: {format_result(row['value'], unit)}{between}",
            f"  formula {row['formula']}: {row['definition']}; scale {row['scale']}; "
            f"n {row['n']}{dates}",
            "  " + ", ".join(f"{part['label']}: {part['n']}" for part in row["parts"]),
        ]
        lines += [f"  note: {row['note']}"] if row["note"] else []
        lines.append("")
    return lines[:-1]


def remove_survey(db: Database, study_name: str, metric: str, survey: str | None) -> int:
    """Forget the answers of a metric, or of one survey of it; returns how many there were."""
    number = study_id(db, study_name)
    with db.atomic():
        gone = db.execute(
            "delete from surveys where study_id = ? and metric = ? and (? is null or survey = ?)",
            [number, metric, survey, survey],
        ).rowcount
    if not gone:
        raise ConfigError(
            f"no {metric} answers of survey {survey or 'any'!r} to remove; "
            f"see cxscout survey list {study_name!r}"
        )
    return int(gone)


# -- mystery visits --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Visit:
    """What a person enters about a question that they asked; times are ISO text with a zone."""

    domain: str
    channel: str
    question: str
    asked_at: str
    answered_at: str | None = None
    never: bool = False
    quality: int | None = None
    note: str | None = None
    attachments: tuple[Path, ...] = ()


def add_visit(
    db: Database, settings: Settings, study_name: str, visit: Visit, *, now: datetime
) -> dict[str, Any]:
    """Store a visit and return its row; the same question again adds the answer to it.

    Raises ConfigError for times without a zone, an answer before its question, and quality
    without an answer.
    """
    number = study_id(db, study_name)
    row = _visit_row(number, visit, now)
    known = next(db.query("select * from mystery_visits where id = ?", [row["id"]]), None)
    if known is not None:
        row = _merged(known, row)
    row["attachments"] = json.dumps(_attach(settings, row, known, visit.attachments))
    with db.atomic():
        upsert(db, "mystery_visits", [row])
    return _listed(row)


def _visit_row(number: int, visit: Visit, now: datetime) -> dict[str, Any]:
    if visit.channel not in CHANNELS:
        raise ConfigError(f"channel {visit.channel!r} is unknown; known are {', '.join(CHANNELS)}")
    question = " ".join(visit.question.split())
    if not question:
        raise ConfigError("the question is empty; write what was asked: --question TEXT")
    asked = read_time(visit.asked_at, "--asked-at")
    answered = read_time(visit.answered_at, "--answered-at") if visit.answered_at else None
    _check_answer(visit, answered is not None)
    if answered is not None and answered < asked:
        raise ConfigError(
            f"--answered-at {visit.answered_at} is before --asked-at {visit.asked_at}"
        )
    if max(asked, answered or asked) > now:
        raise ConfigError(
            f"the time lies in the future (now it is {now.isoformat('T', 'minutes')})"
        )
    domain = registrable_domain(clean_domain(visit.domain))
    return {
        "id": row_id(number, "mystery", domain, visit.channel, question, asked.isoformat()),
        "study_id": number,
        "domain": domain,
        "channel": visit.channel,
        "question": question,
        "asked_at": asked.isoformat(),
        "answered_at": answered.isoformat() if answered else None,
        "never": int(visit.never),
        "quality": visit.quality,
        "note": visit.note,
    }


def _check_answer(visit: Visit, answered: bool) -> None:
    if visit.never and answered:
        raise ConfigError("--never and --answered-at exclude each other")
    if visit.quality is not None and not 1 <= visit.quality <= 5:
        raise ConfigError(f"quality is {visit.quality}; it is 1 to 5: {_quality_words()}")
    if visit.quality is not None and not answered:
        raise ConfigError("--quality speaks of an answer; give --answered-at, or leave it out")
    if answered and visit.quality is None:
        raise ConfigError(f"an answer needs its --quality, 1 to 5: {_quality_words()}")


def _quality_words() -> str:
    return ", ".join(f"{grade} {words}" for grade, words in QUALITY.items())


def _merged(known: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """The newer word where there is one: an answer ends the waiting, and "never" too."""
    if row["answered_at"] is None and not row["never"]:
        row |= {name: known[name] for name in ("answered_at", "never", "quality")}
    row["note"] = row["note"] or known["note"]
    return row


def _attach(
    settings: Settings, row: dict[str, Any], known: dict[str, Any] | None, files: Sequence[Path]
) -> list[str]:
    """Copies of the files in the home, as paths relative to it, behind those known before."""
    kept: list[str] = json.loads(known["attachments"]) if known else []
    for file in files:
        if not file.is_file():
            raise ConfigError(f"attachment {file} is no file")
        target = settings.home / "mystery" / row["id"] / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        kept.append(str(target.relative_to(settings.home)))
    return list(dict.fromkeys(kept))


def list_visits(db: Database, study_name: str, domain: str | None = None) -> list[dict[str, Any]]:
    """Rows for `cxscout mystery list`, oldest question first."""
    wanted = registrable_domain(clean_domain(domain)) if domain else None
    rows = db.query(
        "select * from mystery_visits where study_id = ? and (? is null or domain = ?) "
        "order by asked_at, domain, id",
        [study_id(db, study_name), wanted, wanted],
    )
    return [_listed(row) for row in rows]


def _listed(row: dict[str, Any]) -> dict[str, Any]:
    hours = hours_between(row["asked_at"], row["answered_at"])
    return {
        "id": row["id"],
        "domain": row["domain"],
        "channel": row["channel"],
        "question": row["question"],
        "asked_at": row["asked_at"],
        "answered_at": row["answered_at"],
        "hours": None if hours is None else round(hours, 3),
        "bucket": visit_bucket(hours, never=bool(row["never"])),
        "quality": row["quality"],
        "note": row["note"],
        "attachments": json.loads(row["attachments"]),
    }


def remove_visit(db: Database, settings: Settings, study_name: str, visit_id: str) -> None:
    """Forget a visit and its attachments."""
    number = study_id(db, study_name)
    with db.atomic():
        gone = db.execute(
            "delete from mystery_visits where study_id = ? and id = ?", [number, visit_id]
        ).rowcount
    if not gone:
        raise ConfigError(f"no mystery visit {visit_id!r}; see cxscout mystery list {study_name!r}")
    shutil.rmtree(settings.home / "mystery" / visit_id, ignore_errors=True)


# -- the script ------------------------------------------------------------------------------


def plan_visits(db: Database, study_name: str, domain: str | None = None) -> list[dict[str, Any]]:
    """A script for each competitor of the last run that read pages, or for one brand.

    Each has the questions, the channels that were found, and what to note.
    """
    number, study = get_study(db, study_name)
    wanted = registrable_domain(clean_domain(domain)) if domain else None
    brands = list(db.query(_BRANDS, [number, number, wanted, wanted]))
    if not brands:
        known = [row["domain"] for row in db.query(_BRANDS, [number, number, None, None])]
        if wanted and known:
            raise ConfigError(f"{wanted} is no brand of the study; there are {', '.join(known)}")
        raise ConfigError(
            f"study {study_name!r} has no run that read pages; run it: cxscout run {study_name!r}"
        )
    return [_script(db, row, study.language) for row in brands]


_BRANDS = """
    select b.id, b.domain, b.run_id from brands b
    where b.run_id = (select max(p.run_id) from pages p join runs r on r.id = p.run_id
                      where r.study_id = ? and p.state = 'ok')
      and b.study_id = ? and b.role != 'ignored'
      and ((? is null and b.role = 'competitor') or b.domain = ?)
    order by b.role, b.visibility desc, b.domain"""


def _script(db: Database, brand: dict[str, Any], language: str | None) -> dict[str, Any]:
    faq = db.execute(
        "select f.question, f.answer from faq_entries f join pages p on p.id = f.page_id "
        "where f.brand_id = ? order by p.depth, p.url, f.rowid",
        [brand["id"]],
    ).fetchall()
    language = _language_of(db, brand["id"]) or language
    market = _market_questions(db, brand, language)
    asked = choose_questions(faq, market, language=language)
    questions = [*standard_questions(language), *asked]
    return {
        "domain": brand["domain"],
        "language": language,
        "faq_entries": len(faq),
        "channels": _channels(db, brand["id"]),
        "questions": [question._asdict() for question in questions],
        "note": list(NOTE),
        "quality": QUALITY,
    }


def _market_questions(db: Database, brand: dict[str, Any], language: str | None) -> list[str]:
    """What others are asked and this brand's FAQ is not; without questions about one company."""
    names = [
        row[0].partition(".")[0]
        for row in db.execute("select domain from brands where run_id = ?", [brand["run_id"]])
    ]
    rows = db.execute(
        "select text from questions q where run_id = ? "
        "and (? is null or language is null or language = ?) and not exists "
        "(select 1 from question_wordings w where w.question_id = q.id and w.brand_id = ?) "
        "order by position",
        [brand["run_id"], language, language, brand["id"]],
    )
    return [text for (text,) in rows if not any(name in text.lower() for name in names)]


def _language_of(db: Database, brand: str) -> str | None:
    """The language of most pages with a FAQ, else of most pages."""
    row = db.execute(
        "select p.language from pages p where p.brand_id = ? and p.state = 'ok' "
        "and p.language is not null group by p.language "
        "order by sum(p.id in (select page_id from faq_entries)) desc, count(*) desc limit 1",
        [brand],
    ).fetchone()
    return str(row[0]) if row else None


def _channels(db: Database, brand: str) -> list[dict[str, str]]:
    """Channels of which a customer can ask something, each value once, and the chat."""
    rows = db.execute(
        "select kind, value from channels where brand_id = ? union "
        "select 'chat', vendor from chat_widgets where brand_id = ? and evidence != 'mentioned' "
        "and kind != 'messenger'",
        [brand, brand],
    ).fetchall()
    found = [(kind, value) for kind, value in rows if kind in CHANNELS and kind != "social"]
    found.sort(key=lambda row: (CHANNELS.index(row[0]), row[1]))
    return [{"kind": kind, "value": value} for kind, value in found]


def script_lines(study_name: str, script: dict[str, Any]) -> list[str]:
    """A script as text to print and to work from."""
    domain, questions = script["domain"], script["questions"]
    lines = [f"MYSTERY VISIT OF {domain}", "", "Channels found (ask on each that you compare):"]
    lines += [f"  {channel['kind']}: {channel['value']}" for channel in script["channels"]]
    if not script["channels"]:
        lines.append("  none was found; look for a contact page, and note that it took looking")
    lines += ["", "Two questions for everybody, in one message:"]
    lines += [f"  {i}. {q['text']}" for i, q in enumerate(questions[:2], 1)]
    lines += ["", _asked_heading(questions[2:], script["faq_entries"])]
    for i, question in enumerate(questions[2:], 3):
        topic = f" [{question['topic']}]" if question["topic"] else ""
        lines.append(f"  {i}. {question['text']}{topic}")
        if question["expected"]:
            lines.append(f"     its FAQ says: {question['expected']}")
    lines += ["", "What to note:", *(f"  - {text}" for text in script["note"])]
    lines += ["", "Quality of an answer:"]
    lines += [f"  {grade}  {words}" for grade, words in script["quality"].items()]
    kind = script["channels"][0]["kind"] if script["channels"] else "email"
    lines += [
        "",
        "Enter each question when you asked it, and again with the answer:",
        f"  cxscout mystery add {study_name!r} {domain} --channel {kind} --question TEXT \\",
        "    --asked-at 2026-03-02T09:30+01:00",
        f"  cxscout mystery add {study_name!r} {domain} --channel {kind} --question TEXT \\",
        "    --asked-at 2026-03-02T09:30+01:00 --answered-at 2026-03-02T14:10+01:00 --quality 4",
    ]
    return lines


def _asked_heading(questions: list[dict[str, Any]], faq_entries: int) -> str:
    own = sum(question["source"] == "faq" for question in questions)
    if not questions:
        return "No question could be made: no FAQ of it or of the market was read."
    if own == len(questions):
        return f"{own} questions from its own FAQ ({faq_entries} entries):"
    return (
        f"{len(questions)} questions: {own} from its own FAQ ({faq_entries} entries), the others "
        "are what this market's customers ask:"
    )

"""The schema as append-only migrations. Never edit one that was released: add the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlite_utils.migrations import Migrations

if TYPE_CHECKING:
    from sqlite_utils import Database

__all__ = ["migrations"]

migrations = Migrations("cxscout")

# `id text` is a hash of the row's natural key: the same page seen in a resumed run is the same row.
_OBSERVED = """
    id text primary key,
    run_id integer not null references runs(id) on delete cascade,
    brand_id text not null references brands(id) on delete cascade,
    page_id text not null references pages(id) on delete cascade"""
_DERIVED = """
    id text primary key,
    run_id integer not null references runs(id) on delete cascade,
    brand_id text not null references brands(id) on delete cascade"""

_TABLES = f"""
create table studies (
    id integer primary key,
    name text not null unique,
    brand text,
    provider text not null,
    country text,
    language text,
    settings text not null,
    created_at text not null
);
create table keywords (
    study_id integer not null references studies(id) on delete cascade,
    keyword text not null,
    volume real,
    primary key (study_id, keyword)
);
create table runs (
    id integer primary key,
    study_id integer not null references studies(id) on delete cascade,
    state text not null check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
    stage text not null,
    started_at text not null,
    finished_at text,
    error text,
    offline integer not null default 0,
    pid integer,
    heartbeat_at text,
    method_version text not null,
    settings text not null,
    stats text not null default '{{}}'
);
create index runs_study on runs(study_id, id);
create table searches (
    id text primary key,
    run_id integer not null references runs(id) on delete cascade,
    keyword text not null,
    provider text not null,
    state text not null check (state in ('ok', 'empty', 'blocked', 'quota', 'error')),
    reason text not null default '',
    country text,
    language text,
    device text not null,
    depth integer not null,
    fetched_at text not null,
    record text
);
create index searches_run on searches(run_id);
create table serp_results (
    id text primary key,
    run_id integer not null references runs(id) on delete cascade,
    search_id text not null references searches(id) on delete cascade,
    keyword text not null,
    provider text not null,
    country text,
    language text,
    device text not null,
    fetched_at text not null,
    depth integer not null,
    kind text not null check (kind in ('organic', 'ad')),
    rank integer not null,
    url text not null,
    domain text not null,
    title text not null,
    snippet text not null
);
create index serp_results_run on serp_results(run_id, domain);
create table serp_questions (
    id text primary key,
    run_id integer not null references runs(id) on delete cascade,
    search_id text not null references searches(id) on delete cascade,
    kind text not null check (kind in ('people_also_ask', 'related')),
    text text not null
);
create index serp_questions_run on serp_questions(run_id);
create table brands (
    id text primary key,
    run_id integer not null references runs(id) on delete cascade,
    study_id integer not null references studies(id) on delete cascade,
    domain text not null,
    host text not null,
    role text not null check (role in ('own', 'competitor', 'ignored')),
    class text not null check (class in ('competitor', 'own', 'marketplace', 'review_site',
        'publisher', 'social', 'reference', 'other')),
    reason text not null,
    visibility real,
    keywords integer not null default 0,
    best_rank integer,
    unique (run_id, domain)
);
create table brand_decisions (
    study_id integer not null references studies(id) on delete cascade,
    domain text not null,
    role text not null check (role in ('own', 'competitor', 'ignored')),
    reason text not null,
    decided_at text not null,
    primary key (study_id, domain)
);
create table visits (
    run_id integer not null references runs(id) on delete cascade,
    brand_id text not null references brands(id) on delete cascade,
    stage text not null check (stage in ('crawl', 'render')),
    state text not null check (state in ('done', 'partial', 'skipped', 'failed')),
    reason text not null default '',
    requests integer not null default 0,
    pages_ok integer not null default 0,
    pages_failed integer not null default 0,
    finished_at text not null,
    primary key (brand_id, stage)
);
create table pages (
    id text primary key,
    run_id integer not null references runs(id) on delete cascade,
    brand_id text not null references brands(id) on delete cascade,
    url text not null,
    final_url text,
    state text not null,
    reason text not null default '',
    status integer,
    content_type text,
    bytes integer not null default 0,
    digest text,
    title text,
    language text,
    purpose text not null,
    depth integer not null,
    from_url text,
    rendered integer not null default 0,
    record text,
    fetched_at text not null,
    errors text not null default '[]',
    unique (brand_id, url, rendered)
);
create index pages_run on pages(run_id, brand_id);
create table faq_entries ({_OBSERVED},
    question text not null,
    answer text not null,
    origin text not null,
    url text
);
create index faq_entries_brand on faq_entries(run_id, brand_id);
create table reviews ({_OBSERVED},
    text text not null,
    title text,
    rating real,
    rating_min real,
    rating_max real,
    date text,
    origin text not null,
    reply text,
    author_hash text
);
create index reviews_brand on reviews(run_id, brand_id);
create table ratings ({_OBSERVED},
    value real not null,
    min real,
    max real,
    count integer,
    origin text not null
);
create index ratings_brand on ratings(run_id, brand_id);
create table chat_widgets ({_OBSERVED},
    vendor text not null,
    kind text not null,
    evidence text not null,
    proof text not null,
    phase text not null
);
create index chat_widgets_brand on chat_widgets(run_id, brand_id);
create table technologies ({_OBSERVED},
    vendor text not null,
    category text not null,
    evidence text not null,
    proof text not null
);
create index technologies_brand on technologies(run_id, brand_id);
create table channels ({_OBSERVED},
    kind text not null,
    value text not null,
    detail text,
    excerpt text not null
);
create index channels_brand on channels(run_id, brand_id);
create table policies ({_OBSERVED},
    kind text not null,
    facts text not null,
    excerpt text not null
);
create index policies_brand on policies(run_id, brand_id);
create table review_scores (
    review_id text primary key references reviews(id) on delete cascade,
    run_id integer not null references runs(id) on delete cascade,
    brand_id text not null references brands(id) on delete cascade,
    language text,
    sentiment text,
    score real,
    basis text not null,
    themes text not null default '{{}}',
    digest text not null,
    method_version text not null
);
create index review_scores_brand on review_scores(run_id, brand_id);
create index review_scores_digest on review_scores(digest, method_version);
create table metrics ({_DERIVED},
    key text not null,
    dimension text not null,
    value real,
    unit text not null,
    n integer not null,
    low real,
    high real,
    coverage real not null,
    state text not null,
    reason text not null default '',
    method_version text not null
);
create index metrics_run on metrics(run_id, key);
create table scores ({_DERIVED},
    dimension text not null,
    score real,
    low real,
    high real,
    coverage real not null,
    state text not null,
    reason text not null default '',
    place integer,
    robust integer,
    depends_on text not null default ''
);
create index scores_run on scores(run_id, dimension);
create table swot_entries ({_DERIVED},
    quadrant text not null check (quadrant in ('strength', 'weakness', 'opportunity', 'threat')),
    rule text not null,
    metric text,
    text text not null,
    own_value real,
    market_median real,
    n integer not null,
    low real,
    high real,
    impact real not null,
    confidence text not null check (confidence in ('high', 'medium', 'low')),
    position integer not null,
    in_appendix integer not null default 0
);
create index swot_entries_run on swot_entries(run_id, brand_id);
create table gaps ({_DERIVED},
    metric text not null,
    dimension text not null,
    own_value real,
    market_median real,
    best_value real,
    best_brand_id text references brands(id) on delete cascade,
    impact real not null,
    effort text not null check (effort in ('small', 'medium', 'large')),
    confidence text not null check (confidence in ('high', 'medium', 'low')),
    stage text not null check (stage in ('discovery', 'consideration', 'purchase', 'retention')),
    position integer not null,
    text text not null,
    tactic text not null,
    goal text not null,
    kpi text not null,
    target real,
    review_date text
);
create index gaps_run on gaps(run_id);
create table questions (
    id text primary key,
    run_id integer not null references runs(id) on delete cascade,
    text text not null,
    language text,
    topic text,
    coverage text not null check (
        coverage in ('we_miss', 'only_we', 'nobody', 'everybody', 'some')
    ),
    brands integer not null,
    asked integer not null,
    position integer not null
);
create index questions_run on questions(run_id, coverage);
create table question_wordings (
    id text primary key,
    run_id integer not null references runs(id) on delete cascade,
    question_id text not null references questions(id) on delete cascade,
    brand_id text references brands(id) on delete cascade,
    source text not null check (source in ('faq', 'people_also_ask', 'support')),
    text text not null,
    answered integer not null,
    page_id text references pages(id) on delete cascade
);
create index question_wordings_question on question_wordings(question_id);
create table promises ({_DERIVED},
    kind text not null,
    promise text not null,
    experience text not null,
    verdict text not null check (verdict in ('kept', 'contradicted', 'unclear')),
    n integer not null
);
create index promises_run on promises(run_id, brand_id);
create table evidence (
    "row" text not null,
    page_id text references pages(id) on delete cascade,
    excerpt text not null,
    run_id integer not null references runs(id) on delete cascade
);
create index evidence_row on evidence("row");
create index evidence_run on evidence(run_id);
create table changes (
    id text primary key,
    study_id integer not null references studies(id) on delete cascade,
    from_run_id integer not null references runs(id) on delete cascade,
    run_id integer not null references runs(id) on delete cascade,
    domain text not null,
    kind text not null,
    before text,
    after text,
    cause text not null check (cause in ('market', 'method')),
    text text not null
);
create table schedules (
    study_id integer primary key references studies(id) on delete cascade,
    cron text not null,
    timezone text not null,
    paused integer not null default 0,
    settings text not null default '{{}}'
);
create table alerts (
    id text primary key,
    study_id integer not null references studies(id) on delete cascade,
    run_id integer references runs(id) on delete cascade,
    kind text not null,
    text text not null,
    created_at text not null,
    sent_at text
);
create table surveys (
    id text primary key,
    study_id integer not null references studies(id) on delete cascade,
    metric text not null,
    formula text not null,
    scale_min real not null,
    scale_max real not null,
    value real not null,
    at text
);
create table mystery_visits (
    id text primary key,
    study_id integer not null references studies(id) on delete cascade,
    domain text not null,
    channel text not null,
    question text not null,
    asked_at text,
    answered_at text,
    quality integer,
    note text
);
"""


@migrations()
def initial(db: Database) -> None:
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            db.execute(statement)


@migrations()
def own_data(db: Database) -> None:
    """What own data needs: answers that never came, bases of shares, follow-ups of gaps.

    A question that was never answered has no value, and counts have no scale, so both may be null;
    SQLite changes that only by writing the table anew.
    """
    for statement in (
        """
        create table surveys_new (
            id text primary key,
            study_id integer not null references studies(id) on delete cascade,
            survey text not null default '',
            metric text not null,
            formula text not null,
            scale_min real,
            scale_max real,
            value real,
            base real,
            label text not null default '',
            at text
        )""",
        """
        insert into surveys_new (id, study_id, metric, formula, scale_min, scale_max, value, at)
        select id, study_id, metric, formula, scale_min, scale_max, value, at from surveys""",
        "drop table surveys",
        "alter table surveys_new rename to surveys",
        "create index surveys_study on surveys(study_id, metric)",
        "alter table mystery_visits add column never integer not null default 0",
        "alter table mystery_visits add column attachments text not null default '[]'",
        "create index mystery_visits_study on mystery_visits(study_id, domain)",
        f"""
        create table gap_followups ({_DERIVED},
            from_run_id integer not null references runs(id) on delete cascade,
            metric text not null,
            state text not null check (state in
                ('closed', 'narrowed', 'stayed', 'widened', 'not_comparable')),
            before_own real,
            before_median real,
            own_value real,
            market_median real,
            target real,
            target_reached integer,
            review_date text,
            position integer not null,
            text text not null
        )""",
        "create index gap_followups_run on gap_followups(run_id)",
    ):
        db.execute(statement)


@migrations()
def chat_criteria(db: Database) -> None:
    """What an opened chat shows, criterion by criterion."""
    db.execute(
        f"""
        create table chat_criteria ({_OBSERVED},
            criterion text not null,
            verdict text not null check (verdict in ('yes', 'no', 'not_observable')),
            excerpt text not null
        )
        """
    )
    db.execute("create index chat_criteria_page on chat_criteria(page_id)")
    db.execute("create index chat_criteria_brand on chat_criteria(brand_id)")


@migrations()
def always_on(db: Database) -> None:
    """Slots of schedules, claimed by their key; alerts by fact, and what was sent where."""
    for statement in (
        """
        create table slots (
            study_id integer not null references studies(id) on delete cascade,
            slot text not null,
            state text not null check (state in ('claimed', 'done', 'failed', 'cancelled',
                'missed', 'skipped')),
            reason text not null default '',
            claimed_at text not null,
            run_before integer not null default 0,
            run_id integer references runs(id) on delete set null,
            attempts integer not null default 0,
            primary key (study_id, slot)
        )""",
        "alter table alerts add column fact text not null default ''",
        "alter table alerts add column direction text not null default ''",
        "alter table alerts add column state text not null default 'open'",
        "create index alerts_fact on alerts(study_id, fact)",
        """
        create table deliveries (
            id text primary key,
            study_id integer not null references studies(id) on delete cascade,
            run_id integer references runs(id) on delete set null,
            kind text not null check (kind in ('change', 'health')),
            target text not null,
            title text not null,
            body text not null,
            state text not null check (state in ('waiting', 'sent', 'given_up')),
            attempts integer not null default 0,
            next_try_at text not null,
            error text not null default '',
            sent_at text
        )""",
        "create index deliveries_state on deliveries(state, next_try_at)",
    ):
        db.execute(statement)


@migrations()
def accessibility_checks(db: Database) -> None:
    """How many elements of a page pass each check that its code allows without a browser."""
    db.execute(
        f"""
        create table accessibility_checks ({_OBSERVED},
            "check" text not null,
            elements integer not null,
            passing integer not null,
            excerpt text not null
        )
        """
    )
    db.execute("create index accessibility_checks_page on accessibility_checks(page_id)")
    db.execute("create index accessibility_checks_brand on accessibility_checks(brand_id)")


@migrations()
def repeated_reviews(db: Database) -> None:
    """A review that stands on several pages of a brand counts once, in analysis and report."""
    db.execute("alter table review_scores add column is_repeat integer not null default 0")


@migrations()
def render_lessons(db: Database) -> None:
    """What rendering changed on which kind of page, for the runs that follow."""
    db.execute(
        """
        create table render_lessons (
            run_id integer not null references runs(id) on delete cascade,
            url text not null,
            kind text not null,
            scripts text not null,
            changed integer not null check (changed in (0, 1)),
            primary key (run_id, url)
        )
        """
    )

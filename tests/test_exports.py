"""Keyword and rank exports: encodings, delimiters, header lines, ranges, numbers of all locales."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiders.extract.exports import EXPORTS, parse_export, parse_number, parse_range, parse_ranks
from spiders.extract.serp import serp_line

PLANNER = (
    "Keyword Stats 2026-11-01 at 09_30_00\n"
    "November 1, 2025 - October 31, 2026\n"
    "Keyword\tCurrency\tAvg. monthly searches\tThree month change\tCompetition\tIn account?\n"
    "\tEUR\t110000\t\t\t\n"
    "desk lamp\tEUR\t10K – 100K\t0%\tHigh\tN\n"
    "led desk lamp\tEUR\t1,900\t0%\tHigh\tN\n"
    "lamp for an atlas\tEUR\t\t\t\tN\n"
)


def rows(body, provider="semrush"):
    return parse_export(provider, body if isinstance(body, bytes) else body.encode()).keywords


def stated(row):
    return row.volume, row.volume_min, row.volume_max


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8", "utf-8-sig"])
def test_keyword_planner_is_read_in_every_encoding(encoding):
    lamp, led, none = rows(PLANNER.encode(encoding), "keyword-planner")
    assert (lamp.keyword, *stated(lamp)) == ("desk lamp", 31623, 10_000, 100_000)
    assert (led.keyword, *stated(led)) == ("led desk lamp", 1900, 1900, 1900)
    assert (none.keyword, *stated(none)) == ("lamp for an atlas", None, None, None)
    assert lamp.position is lamp.url is None


@pytest.mark.parametrize(
    ("header", "volume"),
    [
        ("Keyword\tWährung\tDurchschnittliche Suchanfragen pro Monat", "1.000 – 10.000"),
        ("Mot clé\tDevise\tNombre moyen de recherches mensuelles", "1 k - 10 k"),
        ("Palabra clave\tMoneda\tProm. de búsquedas mensuales", "1 mil – 10 mil"),
        ("Ключевое слово\tВалюта\tСр. число запросов в месяц", "1 тыс. – 10 тыс."),
        ("キーワード\t通貨\t月間平均検索ボリューム", "1000～1万"),
    ],
)
def test_keyword_planner_speaks_the_language_of_the_account(header, volume):
    (row,) = rows(
        f"Titel\n2026\n{header}\nlamp\tEUR\t{volume}\n".encode("utf-16"), "keyword-planner"
    )
    assert (row.keyword, row.volume_min, row.volume_max) == ("lamp", 1000, 10_000)


def test_old_keyword_planner_files_have_two_volume_columns():
    (row,) = rows("Keyword\tMin search volume\tMax search volume\nlamp\t100\t1000\n")
    assert stated(row) == (316, 100, 1000)


def test_search_console_shares_and_positions_are_numbers():
    (row,) = rows('Top queries,Clicks,Impressions,CTR,Position\nlamp,12,"1,200",1%,3.4\n')
    assert (row.clicks, row.impressions, row.ctr, row.position) == (12, 1200, 0.01, 3.4)
    assert row.volume is None


def test_search_console_in_german_with_semicolons():
    text = (
        'Häufigste Suchanfragen;Klicks;Impressionen;CTR;Position\nlampe;1.234;20.000;"6,17 %";3,4\n'
    )
    (row,) = rows(text, "search-console")
    assert (row.clicks, row.impressions, row.position) == (1234, 20_000, 3.4)
    assert row.ctr == pytest.approx(0.0617)


@pytest.mark.parametrize(
    "header",
    [
        "En çok yapılan sorgular,Tıklamalar,Gösterimler,TO,Konum",
        "Vanligaste sökfrågorna,Klick,Visningar,Klickfrekvens,Genomsnittlig position",
        "인기 검색어,클릭수,노출수,클릭률,평균 게재순위",
        "Alfa,Beta,Gama,Delta,Epsilon",  # a language not known here
    ],
)
def test_search_console_has_its_columns_in_any_language(header):
    (row,) = parse_export("search-console", f'{header}\nkite,5,100,5%,"4,2"\n'.encode()).keywords
    assert (row.keyword, row.clicks, row.impressions, row.ctr) == ("kite", 5, 100, 0.05)
    assert row.position == 4.2


def test_columns_are_not_told_by_place_from_pages_or_other_tools():
    rows = "Alfa,Beta,Gama,Delta,Epsilon\n{},5,100,5%,4.2\n"
    pages = rows.format("https://a.example/b").encode()
    assert parse_export("search-console", pages).keywords == []
    assert parse_export("ahrefs", rows.format("kite").encode()).keywords == []


def test_search_console_api_rows_give_query_and_page():
    rows_ = [
        {
            "keys": ["lamp", "https://a.example/"],
            "clicks": 3,
            "impressions": 9,
            "ctr": 0.3,
            "position": 2,
        }
    ]
    (row,) = rows(json.dumps({"rows": rows_}), "search-console")
    assert (row.keyword, row.url, row.position, row.ctr) == ("lamp", "https://a.example/", 2, 0.3)


def test_ahrefs_utf_16_tab_separated():
    text = (
        '"#"\t"Keyword"\t"Country"\t"Volume"\t"KD"\t"CPC"\t"Current position"\t"Current URL"\n'
        '"1"\t"desk lamp"\t"us"\t"12000"\t"35"\t"0.8"\t"4"\t"https://a.example/lamps"\n'
    )
    (row,) = rows(text.encode("utf-16"), "ahrefs")
    assert (row.volume, row.kd, row.position) == (12_000, 35, 4)
    assert (row.url, row.country) == ("https://a.example/lamps", "us")


def test_semrush_positions_with_a_list_in_a_cell():
    text = (
        "Keyword,Position,Previous position,Search Volume,Keyword Difficulty,CPC,URL,Trends,"
        "Keyword Intents\n"
        'desk lamp,3,5,2400,41,1.20,https://a.example/,"[44,100,82]",commercial\n'
    )
    (row,) = rows(text)
    assert (row.keyword, row.position, row.volume, row.kd) == ("desk lamp", 3, 2400, 41)
    assert (row.url, row.intent, row.cpc) == ("https://a.example/", "commercial", 1.2)


def test_semrush_api_column_codes():
    (row,) = rows("Ph;Po;Pp;Nq;Cp;Ur\ndesk lamp;3;5;2400;1.20;https://a.example/\n")
    assert (row.position, row.volume, row.url) == (3, 2400, "https://a.example/")


@pytest.mark.parametrize("position", ["0", "-", "", "n/a", ">100"])
def test_a_position_that_is_none_is_none(position):
    (row,) = rows(f"keyword,position\nlamp,{position}\n")
    assert row.position is None or position == ">100"


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://a.example/x", "https://a.example/x"),
        ("a.example/x", "https://a.example/x"),
        ("javascript:alert(1)", None),
        ("see below", None),
        ("", None),
    ],
)
def test_only_web_addresses_are_kept(url, kept):
    assert rows(f"keyword,url\nlamp,{url}\n")[0].url == kept


def test_a_quoted_line_break_does_not_split_a_row():
    lamp, desk = rows('keyword,title,url\nlamp,"two\nlines",https://a.example/\ndesk,,\n')
    assert (lamp.title, desk.keyword) == ("two\nlines", "desk")


def test_rows_without_a_keyword_are_told_when_there_are_several():
    export = parse_ranks(b"keyword,url\n,https://a.example/\n,https://b.example/\nlamp,\n")
    assert [row.keyword for row in export.keywords] == ["lamp"]
    assert export.errors == ["2 rows without a keyword left out"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "no header row"),
        (b"hello world\nthis is a letter\n", "no header row"),
        (b"PK\x03\x04\x14\0", "ZIP or XLSX"),
        (b'{"a": 1}', "no rows with a keyword"),
        (b"[", "unreadable JSON"),
        (b"\0\1\2\3" * 99, "no header row"),
    ],
)
@pytest.mark.parametrize("provider", EXPORTS)
def test_a_file_that_is_no_export_says_what_was_expected(provider, body, words):
    export = parse_export(provider, body)
    assert export.keywords == []
    assert words in export.errors[0]


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_fail(body):
    parse_ranks(body)
    parse_ranks(b"keyword,position,volume,url\n" + body)


# -- numbers


@given(st.integers(0, 10**9))
def test_whole_numbers_come_out_of_every_grouping(number):
    plain = f"{number:,}"
    for text in (str(number), plain, *(plain.replace(",", mark) for mark in ". ’\u00a0\u202f")):
        assert parse_number(text, whole=True) == number


@given(st.decimals(0, 10**6, places=2))
def test_decimals_come_out_with_point_and_with_comma(number):
    text = f"{number:.2f}"
    assert parse_number(text) == parse_number(text.replace(".", ",")) == float(number)


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_range_keeps_its_ends(low, high):
    low, high = sorted((low, high))
    for dash in (" – ", "–", " - ", "—", " to "):
        assert parse_range(f"{low:,}{dash}{high:,}") == (low, high)


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("100 Tsd. – 1 Mio.", (100_000, 1_000_000)),
        ("1万～10万", (10_000, 100_000)),
        ("0-10", (0, 10)),
        ("<10", (0, 10)),
        ("10K+", (10_000, 10_000)),
        ("٥٠٠", (500, 500)),
        ("--", (None, None)),
        ("", (None, None)),
        ("no data", (None, None)),
    ],
)
def test_ranges_of_all_locales(text, ends):
    assert parse_range(text) == ends


# -- the line of serp-parse


def test_the_line_of_an_export_holds_its_keywords(tmp_path):
    path = tmp_path / "keywords.csv"
    path.write_bytes(PLANNER.encode("utf-16"))
    line = serp_line(path, "keyword_planner")
    assert set(line) == {"path", "provider", "keywords", "errors"}
    first = line["keywords"][0]
    assert {"keyword", "volume", "volume_min", "volume_max", "position", "url"} <= set(first)
    assert (first["keyword"], first["volume_max"], line["errors"]) == ("desk lamp", 100_000, [])


@pytest.mark.parametrize(
    ("header", "volume"),
    [
        ("Leitarorð\tGjaldmiðill\tMeðalfjöldi leita\tSamkeppni", "1 þ. – 10 þ."),
        ("Allika sõna\tValuuta\tSegment\tKeskmine otsingute arv\tKonkurents", "1 tuh – 10 tuh"),
    ],
)
def test_keyword_planner_is_read_in_a_language_not_known_here(header, volume):
    row = {3: f"lamp\tISK\t{volume}\tx", 4: f"lamp\tEUR\t\t{volume}\tx"}[header.count("\t")]
    body = f"Titill\n1. janúar 2025\n{header}\n{row}\n".encode("utf-16")
    (found,) = rows(body, "keyword-planner")
    assert found.keyword == "lamp"
    assert found.volume is not None


@pytest.mark.parametrize(
    "text",
    [
        "1 tn – 10 tn",
        "1 B – 10 B",
        "1 tis. – 10 tis.",
        "1 E – 10 E",
        "1 ألف – 10 آلاف",
        "1 พัน – 1 หมื่น",
    ],
)
def test_thousands_are_known_in_the_words_of_many_languages(text):
    assert parse_range(text) == (1000, 10_000)

import pytest

from analysis.keywords import SitePage, intent_of, propose
from analysis.topics import SiteTopic

_PAGES = [
    (
        "https://acme.example/",
        "Trail running shoes | Acme",
        "Acme makes trail running shoes for rough ground. Trail running shoes with a waterproof "
        "membrane. Cookie policy. Newsletter.",
    ),
    (
        "https://acme.example/hiking",
        "Hiking boots",
        "Hiking boots that last. Our hiking boots and trail running shoes. Cookie policy.",
    ),
    ("https://acme.example/faq", "FAQ", "Cookie policy. How do I return trail running shoes?"),
    ("https://acme.example/legal", "Terms", "Cookie policy. Governing law applies. Governing law."),
]


def test_keywords_of_the_site_are_what_its_titles_and_text_say() -> None:
    keywords = [p.keyword for p in propose(_PAGES, brand="acme.example")]
    assert keywords[0] == "trail running shoes"
    assert "hiking boots" in keywords
    assert not any("cookie" in k or "acme" in k or "governing" in k for k in keywords)


def test_parts_and_plurals_of_a_keyword_are_not_proposed_beside_it() -> None:
    keywords = [p.keyword for p in propose(_PAGES, brand="acme.example")]
    assert "running shoes" not in keywords
    rows = [{"keyword": "running shoes", "volume": 900}, {"keyword": "shoe running", "volume": 10}]
    assert [p.keyword for p in propose(rows=rows)] == ["running shoes"]


@pytest.mark.parametrize(
    ("row", "volume"),
    [
        ({"Keyword": "boots", "Avg. monthly searches": "12,100"}, 12100),
        ({"Keyword": "boots", "Avg. monthly searches": "1K – 10K"}, 3162),
        ({"Top queries": "boots", "Impressions": 880}, 880),
        ({"keyword": "boots", "volume": "1.000"}, 1000),
        ({"keyword": "boots", "volume": "-"}, None),
        ({"keyword": "boots"}, None),
    ],
)
def test_exports_of_the_usual_tools_are_read(row: dict, volume: int | None) -> None:
    (proposal,) = propose(rows=[row])
    assert (proposal.keyword, proposal.volume) == ("boots", volume)


def test_rows_without_a_keyword_are_passed_over() -> None:
    assert propose(rows=[{"volume": 5}, {"keyword": ""}]) == []


def test_searched_keywords_that_the_site_is_about_come_first() -> None:
    rows = [
        {"keyword": "hiking boots", "volume": 1000},
        {"keyword": "garden chairs", "volume": 1000},
    ]
    first, second = propose(_PAGES, rows, brand="acme.example", limit=2)
    assert (first.keyword, second.keyword) == ("hiking boots", "garden chairs")
    assert first.why == (
        "1,000 searches a month; on 1 of 4 pages of the own site; in 1 title; "
        "who searches it compares offers"
    )
    assert "not yet on the own site" in second.why


def test_own_brand_comes_last_however_often_searched() -> None:
    rows = [{"keyword": "acme boots", "volume": 90000}, {"keyword": "boots", "volume": 100}]
    assert [p.keyword for p in propose(rows=rows, brand="www.acme.example")] == [
        "boots",
        "acme boots",
    ]


@pytest.mark.parametrize(
    ("keyword", "language", "intent", "stage"),
    [
        ("how to clean boots", "en", "informational", "discovery"),
        ("best hiking boots", "en", "commercial", "consideration"),
        ("hiking boots", "en", "commercial", "consideration"),
        ("buy hiking boots", "en", "transactional", "purchase"),
        ("best boots for sale", "en", "transactional", "purchase"),
        ("boots repair", "en", "informational", "retention"),
        ("acme boots", "en", "navigational", "retention"),
        ("wanderschuhe kaufen", "de", "transactional", "purchase"),
        ("wanderschuhe test", "de", "commercial", "consideration"),
        ("comment nettoyer des bottes", "fr", "informational", "discovery"),
    ],
)
def test_words_of_a_keyword_show_intent_and_stage(
    keyword: str, language: str, intent: str, stage: str
) -> None:
    assert intent_of(keyword, language, "acme") == (intent, stage)


def test_at_most_as_many_as_asked_for() -> None:
    rows = [{"keyword": f"thing {chr(97 + n)}{chr(98 + n)}", "volume": n} for n in range(20)]
    assert len(propose(rows=rows)) == 10
    assert len(propose(rows=rows, limit=5)) == 5


def test_nothing_in_nothing_out() -> None:
    assert propose() == []


def test_a_menu_that_all_pages_share_gives_no_keywords() -> None:
    menu = "Acme of Tannery Lane since ages Customer reviews Shipping and returns Tannery Lane"
    pages = [
        (
            f"https://acme.example/{n}",
            f"Boots {n}",
            f"{menu} {n} has hiking boots, {n} hiking boots.",
        )
        for n in ("red", "blue", "green", "white", "brown")
    ]
    keywords = [p.keyword for p in propose(pages, brand="acme.example")]
    assert any("hiking boots" in keyword for keyword in keywords)
    assert not any("tannery" in keyword or "shipping" in keyword for keyword in keywords)


def test_keyword_of_another_trade_falls_behind_however_often_searched() -> None:
    rows = [{"keyword": f"{kind} hiking boots", "volume": 500} for kind in
            ("red", "warm", "light", "vegan", "wide", "cheap", "winter", "summer")]  # fmt: skip
    found = propose(rows=[*rows, {"keyword": "pizza recipe", "volume": 2_000_000}])
    assert found[-1].keyword == "pizza recipe"
    assert "shares no word" in found[-1].why


def test_impressions_are_not_called_searches_and_ranges_are_rounded() -> None:
    rows = [
        {"keyword": "boots", "impressions": 2300},
        {"keyword": "socks", "volume": "1K – 10K"},
    ]
    why = {p.keyword: p.why for p in propose(rows=rows)}
    assert "2,300 impressions in the export" in why["boots"]
    assert "about 3,200 searches a month" in why["socks"]


def test_a_heading_says_more_than_the_text() -> None:
    said = "Here is contract review. You ask for contract review. We do contract review."
    plain, headed = (
        propose([SitePage("https://a.example/", "Start", said, headings)])
        for headings in ("", "Contract review\nOnline PDF editor")
    )
    assert headed[0].keyword == plain[0].keyword == "contract review"
    assert headed[0].score > plain[0].score
    assert "online pdf editor" in [p.keyword for p in headed]


def test_what_is_no_name_of_a_thing_is_no_keyword() -> None:
    text = (
        "Have tests done. We identify allergies. When tests done here say so, identify allergies."
    )
    keywords = [p.keyword for p in propose([("https://a.example/", "Allergy lab", text)])]
    assert keywords == ["allergy lab"]


def test_one_long_word_is_a_keyword_where_names_are_written_together() -> None:
    text = "Das ist die Brühhilfe. Wir haben Filterkaffee. Eine Brühhilfe. Es gibt Filterkaffee."
    keywords = [p.keyword for p in propose([("https://a.example/", "Start", text)], language="de")]
    assert {"filterkaffee", "brühhilfe"} <= set(keywords)


_MENU = "Home\nOur team\nGuest book\nFind a Doctor"
_CLINIC = [
    SitePage(
        "https://clinic.example/",
        "Clinic online | Book a doctor appointment",
        "Book a doctor appointment online. Our clinic has doctors for children and adults. A video "
        "consultation with a doctor saves the way.",
        f"Online doctor consultation\n{_MENU}\nMaria Lopez\nMaria Lopez writes",
    ),
    SitePage(
        "https://clinic.example/eiffel",
        "A trip to the Eiffel tower",
        "Last summer Maria Lopez saw the Eiffel tower. The Eiffel tower was full. Maria Lopez.",
        f"Eiffel tower\n{_MENU}",
    ),
]


@pytest.mark.skipif(not SiteTopic.can_read("en"), reason="no sentence encoder installed")
def test_keywords_near_to_what_the_start_page_says_come_before_what_pages_repeat() -> None:
    keywords = [p.keyword for p in propose(_CLINIC, brand="clinic.example")]
    trade = [at for at, keyword in enumerate(keywords) if "doctor" in keyword]
    assert len(trade) >= 3
    assert max(trade) < keywords.index("maria lopez")


def test_pages_of_another_language_are_left_out() -> None:
    german = SitePage(
        "https://clinic.example/de",
        "Arzttermin online buchen",
        "Hier können Sie einen Arzttermin online buchen und mit unseren Ärzten sprechen. Wir sind "
        "für Sie da, wenn Sie einen Arzttermin brauchen.",
    )
    keywords = " ".join(p.keyword for p in propose([*_CLINIC, german], brand="clinic.example"))
    assert "doctor" in keywords
    assert "arzttermin" not in keywords


@pytest.mark.parametrize("brand", ["acmeapp.example", "getacme.example", "acme-boots.example"])
def test_a_brand_is_known_without_what_its_domain_adds(brand: str) -> None:
    assert intent_of("acme reviews", brand=brand)[0] == "navigational"


def test_a_site_gives_at_least_five_but_no_weak_tail() -> None:
    headings = "\n".join(f"{word} gardening" for word in "roof indoor urban winter".split())
    once = " ".join(f"Sold to {name} field." for name in "birch alder maple cedar larch".split())
    pages = [
        SitePage("https://g.example/", "Garden tools", f"Garden tools. {once}", headings),
        SitePage("https://g.example/a", "Garden tools", "Garden tools for all.", headings),
    ]
    keywords = [p.keyword for p in propose(pages)]
    assert 5 <= len(keywords) < 10
    assert keywords[0] == "garden tools"

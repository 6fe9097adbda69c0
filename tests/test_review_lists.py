"""Lists of reviews that heading, order and parts tell, whatever their class names are."""

import pytest

from spiders.extract.page import ParsedPage
from spiders.extract.reviews import extract_reviews
from spiders.extract.reviews_text import is_age, is_platform_text, is_section_title

SAID = (
    "The bread was warm and the crew knew every customer by name.",
    "Ordered a cake on Monday and it was ready, and lovely, on Tuesday.",
    "I drive twenty minutes for these rolls and never regret it.",
)
NAMES = ("Ida Moss", "Bo Lind", "Eva Kern")
BLOG = """<section><h2>From the blog</h2><article><a href="/1"><h3>How we moved</h3></a>
  <span class="author">Jon Abel</span><time datetime="2024-01-12">12 January 2024</time>
  <p>Forty trucks, three weekends and one lost key, told with pictures.</p></article></section>"""


def found(html, language="en"):
    page = ParsedPage(f'<html lang="{language}"><body>{html}</body></html>', "https://a.example/")
    return extract_reviews(page)[0]


def texts(html, language="en"):
    return [review.text for review in found(html, language)]


def cards(card):
    return "".join(card.format(said=s, name=n) for s, n in zip(SAID, NAMES, strict=True))


# --- below a heading ---------------------------------------------------------------------------


def test_reviews_in_a_table_below_a_heading_are_read_and_the_next_section_is_not():
    rows = cards("<tr><td><b>{name}</b><br>3 June 2024</td><td>★★★★☆<br>{said}</td></tr>")
    assert texts(f"<h2>Customer reviews</h2><table>{rows}</table>{BLOG}") == list(SAID)


def test_two_short_quotations_are_all_that_their_heading_is_over():
    quotes = "<blockquote>“Fast and kind.” – Ida M.</blockquote><blockquote>“All new!” – Bo L."
    html = f"<section><h2>What our customers say</h2><div>{quotes}</blockquote></div></section>"
    reviews = found(html + BLOG)
    assert [(r.text, r.author) for r in reviews] == [
        ("Fast and kind.", "Ida M."),
        ("All new!", "Bo L."),
    ]


def test_quotation_signed_in_the_same_line_is_a_review_under_a_heading_of_reviews():
    lines = cards("<blockquote><p>“{said}” — {name}</p></blockquote>")
    reviews = found(f"<div><h2>Customer reviews</h2>{lines}</div>{BLOG}")
    assert [(r.text, r.author) for r in reviews] == list(zip(SAID, NAMES, strict=True))


def test_heading_in_a_row_with_buttons_is_over_the_cards_that_follow():
    head = (
        "<div><h2>Отзывы наших клиентов</h2><div><button>←</button><button>→</button></div></div>"
    )
    said = ("Всё сделали за один час, спасибо.", "Быстро и без хлопот.", "Помогли на каждом шаге.")
    rows = "".join(
        f"<div><div><i></i><div><p>Иван</p><p>Врач</p></div></div><p>{s} И ещё раз: {s}</p></div>"
        for s in said
    )
    html = f"<section>{head}<div>{rows}</div></section>"
    assert [t[:20] for t in texts(html, "ru")] == [s[:20] for s in said]


@pytest.mark.parametrize(
    "heading",
    ["Recommended Reviews", "Top reviews from Spain", "Guest comments", "Based on 2 reviews"],
)
def test_more_headings_over_reviews_are_known(heading):
    assert is_section_title(heading)


@pytest.mark.parametrize("heading", ["Leave a comment", "3 comments", "Voice assistants"])
def test_headings_over_comments_are_none(heading):
    assert not is_section_title(heading)


def test_old_guest_book_of_tables_is_read():
    rows = cards(
        "<table><tr><td><b>{name}</b>, Ohio</td><td>08/14/2007</td></tr>"
        "<tr><td colspan=2>{said}</td></tr></table><br>"
    )
    html = f"<table><tr><td><h1>Guest comments</h1><p>What they wrote.</p>{rows}</td></tr></table>"
    assert [(r.text, r.date) for r in found(html)] == [(said, "2007-08-14") for said in SAID]


def test_teasers_of_articles_below_a_heading_of_reviews_are_none():
    posts = cards(
        "<div><a href='/p'>A table in oak</a><span>{name}</span><i>3 June 2024</i>"
        "<p>{said}</p></div>"
    )
    assert texts(f"<div><h2>Latest reviews</h2>{posts}</div>") == []


@pytest.mark.parametrize("heading", ["Loved by 20,000 makers", "Customer stories"])
def test_vague_headings_want_a_voice(heading):
    titled = cards("<div class='card'><h3>{name}</h3><p>{said}</p></div>")
    signed = cards("<div class='card'><p>{said}</p><h3>{name}</h3></div>")
    assert texts(f"<section><h2>{heading}</h2><div>{titled}</div></section>") == []
    assert texts(f"<section><h2>{heading}</h2><div>{signed}</div></section>") == list(SAID)


# --- what stands beside them -------------------------------------------------------------------


def test_line_above_a_list_that_lacks_what_all_of_the_list_have_is_none():
    html = f"""<section class="testimonials"><div class="head"><b class="name">Guest Voices</b>
      <p>Real words from real guests of ours.</p></div>
      {cards('<div class="card">★★★★★<p>{said}</p><b class="name">{name}</b></div>')}</section>"""
    assert texts(html) == list(SAID)


def test_how_much_an_author_wrote_is_not_what_the_author_says():
    rows = cards(
        "<div>★★★★★<p>{said}</p><div><h4>{name}</h4><p>Local Guide · 36 reviews</p>"
        "<p>6 months ago</p></div></div>"
    )
    reviews = found(f"<section><h2>What our guests say</h2><div>{rows}</div></section>")
    assert [(r.text, r.author) for r in reviews] == list(zip(SAID, NAMES, strict=True))


def test_rating_in_a_paragraph_of_its_own_is_no_part_of_the_text():
    rows = cards(
        "<div class='review-item'><div class='review-autor'>{name}</div>"
        "<div class='review-content'><p>{said}</p></div>"
        "<div class='review-rating'><p>Оценка: 4</p></div></div>"
    )
    reviews = found(f"<div class='reviews'>{rows}</div>", "ru")
    assert [(r.text, r.rating) for r in reviews] == [(said, 4.0) for said in SAID]


@pytest.mark.parametrize("line", ["Local Guide · 36 reviews", "12 Rezensionen", "5 レビュー"])
def test_counts_of_reviews_are_the_platforms_words(line):
    assert is_platform_text(line)


def test_a_sentence_with_a_count_is_none_of_the_platforms():
    assert not is_platform_text("I wrote 36 reviews and this is the best shop of all")


# --- when it was written -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "Reviewed 3 weeks ago", "vor einem Monat", "il y a 2 mois", "hace un año", "2 mesi fa",
        "há 3 dias", "3 dagen geleden", "för 2 dagar sedan", "2 недели назад", "2 lata temu",
        "3日前", "2个月前", "3주 전", "2 tháng trước", "2 ay önce", "viikko sitten", "منذ يومين",
    ],
)  # fmt: skip
def test_ages_are_known_in_many_languages(line):
    assert is_age(line)


@pytest.mark.parametrize("line", ["Bought it a week ago and love it", "ago", "Hierzulande", "2 fa"])
def test_other_lines_are_no_age(line):
    assert not is_age(line)


def test_age_is_proof_of_a_review_and_no_part_of_it():
    rows = cards("<li><b>{name}</b><small>vor 3 Tagen</small><div class='text'>{said}</div></li>")
    assert texts(f"<div class='block'><h3>Bewertungen</h3><ul>{rows}</ul></div>", "de") == list(
        SAID
    )


# --- what attributes tell ----------------------------------------------------------------------


def test_numbered_reviews_without_names_are_read():
    rows = cards(
        "<div data-review-id='C1' class='jf'><div class='d4'>{name}</div>"
        "<span role='img' aria-label='4 stars'></span><span class='rs'>2 months ago</span>"
        "<span class='wi'>{said}</span></div>"
    )
    reviews = found(f"<div role='feed'>{rows}</div>")
    assert [(r.text, r.rating) for r in reviews] == [(said, 4.0) for said in SAID]


def test_rank_of_an_author_is_not_the_rating():
    rank = "<ul class='stars'>" + "<li class='star-on'></li>" * 2 + "</ul>"
    rows = cards(
        f"<div class='review'><div class='member-profile'>{{name}}{rank}</div>"
        "<span class='rating'>4/5</span><p class='text'>{said}</p></div>"
    )
    assert {r.rating for r in found(f"<div class='reviews'>{rows}</div>")} == {4.0}


def test_lines_that_tell_who_and_what_follows_are_no_part_of_the_text():
    rows = cards(
        "<div><p><span>by {name}</span><br><b>Review:</b><br><span>{said}</span></p>"
        "<time>3 June 2024</time><p><b>Rating</b>:<img src='/i/40_stars.png'></p></div>"
    )
    reviews = found(f"<div class='product_reviews'><h2>Reviews</h2>{rows}</div>")
    assert [(r.text, r.rating) for r in reviews] == [(said, 4.0) for said in SAID]


# --- parts in one line -------------------------------------------------------------------------


def test_title_beside_the_stars_and_names_of_looks_are_no_text():
    star = '<svg class="lucide-star w-3 text-warning {}"><path d="M1 2l3 4z"></path></svg>'
    stars = star.format("fill-warning") * 2 + star.format("text-muted") * 3
    rows = cards(
        "<div><div class='flex'><span class='text-xs text-text'>{name}</span><span>4/12/2024</span>"
        f"</div><div>{stars}<span class='text-xs text-text'>Too loud</span></div>"
        "<p class='text-xs text-muted'>{said}</p></div>"
    )
    reviews = found(f"<section><h2>Customer Reviews</h2><div>{rows}</div></section>")
    assert [(r.text, r.rating) for r in reviews] == [(said, 2.0) for said in SAID]


def test_name_and_age_in_one_line_are_told_apart():
    rows = cards(
        "<div><div><span class='a'>{name}</span><span class='b'>hace 1 semana</span></div>"
        "<div>★★★★☆</div><p>{said}</p></div>"
    )
    reviews = found(f"<section><h2>Opiniones de clientes</h2><div>{rows}</div></section>", "es")
    assert [(r.text, r.author) for r in reviews] == list(zip(SAID, NAMES, strict=True))


def test_names_that_end_in_an_initial_are_names_in_every_script():
    rows = "".join(
        f"<tr><td><b>{name}</b><br>12 мая 2024</td><td>★★★★☆<br>{said}</td></tr>"
        for name, said in (
            ("Олег К.", "Работа хорошая, но цена выше."),
            ("Ирина М.", "Всё сделали вовремя и чисто."),
        )
    )
    reviews = found(f"<h2>Отзывы клиентов</h2><table>{rows}</table>", "ru")
    assert [r.author for r in reviews] == ["Олег К.", "Ирина М."]


def test_titled_and_dated_reviews_need_no_name():
    said = ("材料和做工都不错，安装师傅也很细心。", "比预计晚了三天，但是东西没有问题。")
    rows = "".join(f"<li><h4>很满意<span>2016-05-04</span></h4><p>{s}</p></li>" for s in said)
    html = f"<div class='comment-list'><h2>客户评价<span>(2条)</span></h2><ul>{rows}</ul></div>"
    assert texts(html, "zh") == list(said)


def test_only_slide_that_is_shown_is_read_and_the_team_below_is_not():
    team = cards("<div class='col'><h4>{name}</h4><p>{said}</p></div>")
    html = f"""<section><div><h2>客户评价</h2><div class="card">
      <p>“交付效率很高，上线体验顺滑。”</p><small>— Acme Inc.</small>
      <button>1</button></div></div></section>
      <section><h2>Our team</h2><div>{team}</div></section>"""
    assert texts(html, "zh") == ["交付效率很高，上线体验顺滑。"]


def test_list_of_critiques_that_link_is_none():
    rows = cards(
        "<article><a href='/r'><h2>Rover 3: mud and glory</h2></a><span class='score'>8/10</span>"
        "<p>{said}</p><span class='author'>{name}</span><time>March 1, 2024</time></article>"
    )
    assert found(f"<h1>Latest reviews</h1><div class='list'>{rows}</div>") == []


def test_line_beside_the_heading_is_none_even_with_stars():
    rows = cards("<div><b>{name}</b><i>3 June 2024</i><div>★★★★☆</div><p>{said}</p></div>")
    head = "<div class='head'><h2>Customer reviews</h2><p>Real words of real guests</p>★★★★★</div>"
    assert texts(f"<section class='x'><div>{head}</div><div>{rows}</div></section>") == list(SAID)


def test_slogan_of_love_is_over_reviews_in_quotation_marks():
    rows = cards(
        "<li><header><strong>{name}</strong><span>Verified Buyer</span></header>“ {said} ”</li>"
    )
    html = f"<main><header><h1>10,000 of our users love us.</h1><p>{'See why. ' * 9}</p></header>"
    assert texts(f"{html}<ul class='list'>{rows}</ul></main>") == list(SAID)


# --- only stars, names and dates ---------------------------------------------------------------


COMMENT = """<li class="comment-item"><h4 class="comment-author">{name}</h4>
  <span class="comment-rating">Rating: 4/10</span><div class="comment-copy">{said}</div></li>"""


def test_comments_with_ratings_are_reviews_and_those_without_are_none():
    html = f"<h3>Comments</h3><ul class='comments-list'>{cards(COMMENT)}</ul>"
    assert [(r.text, r.rating) for r in found(html)] == [(said, 4.0) for said in SAID]
    assert texts(html.replace("Rating: 4/10", "").replace("comment-rating", "x")) == []


@pytest.mark.parametrize(
    "row",
    [
        "<a href='/c'><h3>Oak 4</h3></a><i class='stars-4'></i><p>{said}</p><i>3 June 2024</i>",
        "<h3>{name}</h3><i class='stars-4'></i><p>{said}</p><i>3 June 2024</i><b>€ 19,99</b>",
        "<h3>{name}</h3><span class='rating'>★ 4.7</span><p>{said}</p><i>12/05/2024</i>",
        "<h3>{name}</h3><i class='stars-4'></i><p>{said}</p>",
    ],
    ids=["a linked title", "a price", "the mean of many", "no day"],
)
def test_entries_of_other_lists_with_stars_are_none(row):
    assert texts(f"<div class='list'>{cards('<div class=item>' + row + '</div>')}</div>") == []


def test_profiles_with_the_mean_of_many_are_none():
    rows = cards("<div><h3>{name}</h3><p>{said}</p><div>★★★★★ 4,9 (88 Bewertungen)</div></div>")
    assert texts(f"<main><div><h1>Team</h1>{rows}</div></main>", "de") == []


def test_entries_with_stars_and_days_are_reviews_whatever_they_are_called():
    rows = cards(
        "<div><b>{name}</b><i>3 June 2024</i><span role='img' aria-label='4 of 5 stars'></span>"
        "<p>{said}</p></div>"
    )
    assert [(r.text, r.rating) for r in found(f"<div>{rows}</div>")] == [(s, 4.0) for s in SAID]

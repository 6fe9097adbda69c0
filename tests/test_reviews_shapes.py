"""Shapes of review lists met on real pages, each rebuilt in our own words."""

import json

import pytest

from spiders.extract.page import ParsedPage
from spiders.extract.reviews import extract_reviews
from spiders.extract.reviews_text import is_section_title

SAID = (
    "The bread was warm and the crew knew every customer by name.",
    "Ordered a cake on Monday and it was ready, and lovely, on Tuesday.",
    "I drive twenty minutes for these rolls and never regret it.",
)


def found(html, language="en"):
    page = ParsedPage(f'<html lang="{language}"><body>{html}</body></html>', "https://a.example/")
    return extract_reviews(page)[0]


def texts(html, language="en"):
    return [review.text for review in found(html, language)]


def ld(*rows):
    return f'<script type="application/ld+json">{json.dumps(rows)}</script>'


def marked(author, body, **more):
    return {"@type": "Review", "author": author, "reviewBody": body, **more}


# --- who speaks --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["Ida Moss", "Mr & Mrs. Olaf V., Northtown", "Mrs. Bell, Hill", "Joanna-Louise D."]
)
def test_last_line_of_a_quotation_is_its_author(name):
    quotes = "".join(
        f"<div><blockquote>{said}<div class='a'>{name}</div></blockquote></div>" for said in SAID
    )
    reviews = found(f"<div id='page'><div><h1>Testimonials</h1></div>{quotes}</div>")
    assert [r.text for r in reviews] == list(SAID)
    assert {r.author for r in reviews} == {
        name.rstrip(".") if name != "Joanna-Louise D." else "Joanna-Louise D."
    }


def test_long_line_below_a_quotation_is_named_by_its_beginning():
    role = "Head of the Department for Ovens, Doughs and Everything That Rises in the Night"
    cards = "".join(
        f"<div><p>{said}</p><p class='quote-author'>Ida Moss, {role}</p></div>" for said in SAID
    )
    reviews = found(f"<section class='testimonials'>{cards}</section>")
    assert [(r.text, r.author) for r in reviews] == [(said, "Ida Moss") for said in SAID]


def test_class_names_of_looks_are_no_roles():
    cards = "".join(
        f"<div class='p-6'><div class='font-body text-sm'><p>{said}</p></div>"
        "<p class='font-body text-xs'>Ida M</p></div>"
        for said in SAID
    )
    reviews = found(f"<div class='TestimonialsSection'><h2>Hear from us</h2>{cards}</div>")
    assert [(r.text, r.author) for r in reviews] == [(said, "Ida M") for said in SAID]


def test_words_for_screen_readers_are_not_what_a_person_says():
    html = f"""<div class="review"><b class="author">Ida</b><i class="stars-4"></i>
      <span class="sr-only" id="7-title-text">review stating how very good it was</span>
      <div class="content-review">{SAID[0]}</div></div>"""
    assert texts(html) == [SAID[0]]


def test_five_equal_drawings_are_five_stars():
    star = '<svg><path d="M9 2l2 5h5l-4 3 2 5z"></path></svg>'
    cards = "".join(f"<div><div>{star * 5}</div><p>{s}</p><p>Ida M</p></div>" for s in SAID)
    assert {r.rating for r in found(f"<section class='testimonials'>{cards}</section>")} == {5.0}


def test_a_sentence_that_names_a_price_is_still_a_review():
    cards = "".join(
        f"<article class='testimonial-card'><h2>{name}</h2><p class='description'>{said}</p>"
        "<div class='stars'><i class='star'></i><i class='star'></i></div></article>"
        for name, said in (("Ida Moss", SAID[0]), ("Bo Lind", "Good offer above $50. I come back."))
    )
    assert len(texts(f"<div class='testimonials'>{cards}</div>")) == 2


# --- what is none ------------------------------------------------------------------------------


def test_questions_and_answers_beside_reviews_are_none():
    html = f"""<div class="reviews"><div class="review"><b class="author">Ida</b>
      <i class="stars-4"></i><time>2024-01-02</time><p class="review-text">{SAID[0]}</p></div>
      <div class="question-item"><b class="user-name">Bo</b><time>2024-01-03</time>
      <div class="text">Can I freeze the rolls over night?</div>
      <div class="answer"><b class="user-name">The crew</b><time>2024-01-04</time>
      <div class="text">You can, up to three months.</div></div></div></div>"""
    assert texts(html) == [SAID[0]]


def test_form_to_write_a_review_is_none():
    html = """<div class="reviews"><div class="write-review"><span class="user-name">Or</span>
      <label class="stars-1"></label><textarea></textarea>
      <div class="text">Please fill out all the fields that have a star.</div></div></div>"""
    assert texts(html) == []


def test_lists_of_links_are_none():
    cards = "".join(
        f"<li><h3>Ida Moss</h3><p><a href='/{n}'>Plain rolls for bakers</a></p>"
        f"<p><a href='/b{n}'>Videos for bakers</a></p></li>"
        for n in range(3)
    )
    assert texts(f"<ul class='testimonials'>{cards}</ul>") == []


@pytest.mark.parametrize("heading", ["What do you think?", "And what did you say then"])
def test_headings_that_ask_the_reader_open_no_reviews(heading):
    assert not is_section_title(heading)
    assert is_section_title("What do our customers say?")


def test_article_of_the_editors_is_no_customer_review():
    row = marked("Pear Daily Editorial Team", "We tested twelve pears for you.")
    row |= {"reviewRating": {"ratingValue": 8}, "publisher": {"@type": "Organization"}}
    assert texts(ld(row)) == []


def test_the_one_without_a_date_below_a_dated_list_belongs_elsewhere():
    dated = "".join(
        f"<div class='review-box'><b class='author'>Ida</b><i class='stars-4'></i>"
        f"<time>2024-01-0{n}</time><p class='review-text'>No. {n}: {said}</p></div>"
        for n, said in enumerate((*SAID, "Warm soup, cold beer, and a view."), 1)
    )
    other = """<div class="near-by"><b class="author">Bo</b><i class="stars-4"></i>
      <p class="review-text">The market street next door is full of stalls.</p></div>"""
    assert len(texts(f"<div class='reviews'>{dated}{other}</div>")) == 4


# --- beside machine-readable reviews -----------------------------------------------------------

ENTRY = """<div class="review"><b class="author">{}</b>{}<time>2024-01-02</time>
  <p class="review-text">{}</p></div>"""
STARS = '<i class="stars-4"></i>'


def test_comments_without_a_rating_do_not_join_rated_reviews():
    row = marked("Ida", SAID[0], reviewRating={"ratingValue": 5})
    html = ld(row) + ENTRY.format("Ida", STARS, SAID[0])
    html += ENTRY.format("Bo", "", "Can I use oil in place of butter?")
    assert texts(html) == [SAID[0]]
    html += ENTRY.format("Cy", STARS, SAID[1])
    assert texts(html) == [SAID[0], SAID[1]]


def test_nothing_joins_a_list_that_is_complete_by_its_own_count():
    row = marked("Ida", SAID[0], reviewRating={"ratingValue": 5})
    total = {"@type": "AggregateRating", "ratingValue": 5, "reviewCount": 1}
    html = ENTRY.format("Ida", STARS, SAID[0]) + ENTRY.format("Cy", STARS, SAID[1])
    assert texts(ld(row, total) + html) == [SAID[0]]


def test_chosen_voices_stand_beside_marked_up_reviews_of_a_product():
    cards = "".join(f"<figure><p>{said}</p><cite>Ida M</cite></figure>" for said in SAID[1:])
    html = ld(marked("Bo", SAID[0])) + f"<section class='testimonials'>{cards}</section>"
    assert texts(html) == list(SAID)


# --- cards without class names -----------------------------------------------------------------


def grid(title, cards, tag="h2"):
    inner = "".join(cards)
    return f"<section><div><{tag}>{title}</{tag}></div><div class='grid'>{inner}</div></section>"


def test_dashed_line_below_a_quotation_is_its_author():
    cards = (f"<div><p>“{s}”</p><p class='font-bold'>- Ida vom Markt</p></div>" for s in SAID)
    reviews = found(f"<div id='testimonials'>{grid('Was Kunden sagen', cards)}</div>", "de")
    assert [(r.text, r.author) for r in reviews] == [(said, "Ida vom Markt") for said in SAID]


def test_scripts_that_say_much_in_few_letters_have_sections_too():
    voices = (
        "朝の焼きたてパンは香りがよくて毎日通っています。",
        "店員さんが親切で、また来たいと思いました。",
    )
    cards = [f"<div><p>「{said}」</p><p>- 山田様（会社員）</p></div>" for said in voices]
    assert texts(grid("お客様の声", cards), "ja") == list(voices)
    lines = "".join(f"<p>「{said}」</p>" for said in voices)
    assert texts(
        f"<div><h2>所在地</h2><p>東京都</p><h2>お客様の声</h2>{lines}</div>", "ja"
    ) == list(voices)


@pytest.mark.parametrize("name", ["depoimento", "temoignage", "testimonial"])
def test_class_names_of_other_languages_speak_of_chosen_voices(name):
    cards = "".join(
        f"<div class='{name}-card'><p>“{said}”</p><div class='{name}-autor'><span>Ida Moss</span>"
        "</div></div>"
        for said in SAID
    )
    language = {"depoimento": "pt", "temoignage": "fr"}.get(name, "en")
    assert texts(f"<div class='{name}s'>{cards}</div>", language) == list(SAID)


def test_what_was_saved_beside_a_quotation_does_not_make_it_a_product():
    cards = (f"<div><p>“{said}”</p><div>Ida M.</div><div>Saved $1,150</div></div>" for said in SAID)
    assert texts(grid("What our customers say", cards)) == list(SAID)


def test_names_that_link_stay_and_headings_that_lead_to_posts_go():
    card = "<article><h3><a href='/{}'>{}</a></h3><p>{}</p><span>Ida Moss</span></article>"
    posts = [card.format(n, f"Story no. {n}", said) for n, said in enumerate(SAID)]
    assert texts(grid("Customer stories", posts)) == []
    names = [card.format(n, "Ida Moss", said) for n, said in enumerate(SAID)]
    assert texts(grid("Customer stories", names)) == list(SAID)


def test_features_below_a_vague_heading_are_none():
    cards = [f"<div class='card'><h3>Step no. {n}</h3><p>{s}</p></div>" for n, s in enumerate(SAID)]
    assert texts(f"<h2>Loved by bakers everywhere</h2><div>{''.join(cards)}</div>") == []
    assert texts(f"<h2>What our customers say</h2><div>{''.join(cards)}</div>") == list(SAID)


@pytest.mark.parametrize("text", ["Precious ipsum dolor sit amet elit.", "Lorem ipsum, twice."])
def test_filler_text_of_a_template_is_none(text):
    cards = "".join(f"<div class='quote'><p>{text} {s}</p><cite>Ida M</cite></div>" for s in SAID)
    assert texts(f"<div class='testimonials'>{cards}</div>") == []


# --- how ratings are shown ---------------------------------------------------------------------


def rated(stars, body=SAID[0]):
    html = (
        f"<div class='review-card'><b class='author'>Ida</b>{stars}<p class='text'>{body}</p></div>"
    )
    return [r.rating for r in found(html)]


def test_icons_of_one_name_in_two_looks_are_filled_and_empty():
    icon = '<svg class="icon-star size-4 {}"><polygon points="1 2 3"></polygon></svg>'
    row = icon.format("fill-gold") * 3 + icon.format("text-white/30") * 2
    assert rated(f"<div>{row}</div>") == [3.0]
    row = icon.replace('">', '" fill="none">', 1).format("") + icon.format("") * 4
    assert rated(f"<div>{row}</div>") != [5.0]


def test_fewer_drawings_than_five_in_a_rating_are_that_many_stars():
    star = '<svg viewBox="0 0 9 9"><path d="M9 2l2 5h5z"></path></svg>'
    assert rated(f"<div class='stars'>{star * 3}</div>") == [3.0]


@pytest.mark.parametrize("kind", ["number", "hidden"])
def test_field_that_a_script_turns_into_stars_is_read(kind):
    assert rated(f"<div class='rating'><input type='{kind}' name='rating' value='4'></div>") == [4]
    assert rated("<i class='stars-4'></i><input type='radio' name='rating' value='1'>") == [4.0]


def test_marked_up_review_takes_its_rating_from_the_stars_it_shows():
    html = f"""<div itemscope itemtype="https://schema.org/Review"><b itemprop="author">Ida</b>
      <span class="stars"><i class="fa fa-star"></i><i class="fa fa-star"></i>
      <i class="fa fa-star-o"></i><i class="fa fa-star-o"></i><i class="fa fa-star-o"></i></span>
      <p itemprop="reviewBody">{SAID[0]}</p></div>"""
    assert [(r.rating, r.origin) for r in found(html)] == [(2.0, "microdata")]


def test_bubbles_of_speech_are_no_ratings():
    cards = "".join(
        f"<div class='review-bubble'><div class='review-body'><div class='reviewer-name'>{name}"
        f"</div><div class='reviewer-msg'>{said}</div><div class='review-date'>{day} May 2024</div>"
        "</div></div>"
        for day, (name, said) in enumerate(zip(("Ida", "Bo", "Cy"), SAID, strict=True), 3)
    )
    reviews = found(f"<div class='reviews-list'>{cards}</div>")
    assert [(r.author, r.text) for r in reviews] == list(
        zip(("Ida", "Bo", "Cy"), SAID, strict=True)
    )


SEAL = "<div class='rating-box'><div>{}</div><small>Alle Bewertungen ansehen</small></div>"


def test_seal_with_mean_and_count_is_an_aggregate_and_a_product_list_is_none():
    def means(html):
        page = ParsedPage(f"<html lang='de'><body>{html}</body></html>", "https://a.example/")
        return [(r.value, r.count) for r in extract_reviews(page)[1]]

    seal = SEAL.format("4,87 / 5 aus 293 Meinungen, 293 Bewertungen")
    assert means(seal) == means(seal * 2) == [(4.87, 293)]
    assert means(seal + SEAL.format("4,1 / 5 aus 7 Bewertungen")) == []
    assert means(SEAL.format("Model9 ratings: 4.1 of 5")) == []


def test_marked_up_aggregate_takes_its_mean_from_the_stars_it_shows():
    star = '<i class="fa fa-star" itemprop="ratingValue"></i>'
    html = f"""<div itemscope itemtype="https://schema.org/AggregateRating">
      <div class="stars">{star * 4}<i class="fa fa-star-o" itemprop="ratingValue"></i></div>
      <span itemprop="reviewCount">12</span> opinions</div>"""
    page = ParsedPage(f"<html><body>{html}</body></html>", "https://a.example/")
    assert [(r.value, r.max, r.count) for r in extract_reviews(page)[1]] == [(4.0, 5.0, 12)]
    assert extract_reviews(ParsedPage(html.replace(">12<", "><"), "https://a.example/"))[1] == []

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

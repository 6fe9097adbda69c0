"""Stars as sites draw them, each way in a card that nothing else tells the rating of."""

import pytest

from spiders.extract.page import ParsedPage
from spiders.extract.reviews import extract_reviews
from spiders.extract.stars import read_file, read_whole

SAID = "The bread was warm and the crew knew every customer by name."
DRAWING = '<svg viewBox="0 0 9 9" {}><path d="M9 2l2 5h5z"></path></svg>'

WIDGETS = {
    "glyphs with a class for the filled": '<div><b class="on">★</b><b class="on">★</b>'
    '<b class="on">★</b><b>★</b><b>★</b></div>',
    "glyphs by color": "<div>"
    + '<span style="color:#fa0">★</span>' * 3
    + '<span style="color:#ddd">★</span>' * 2
    + "</div>",
    "empty glyphs in an element of their own": '<p>★★★<span class="empty">★★</span></p>',
    "icons with a class for the filled": "<div>"
    + '<span class="fa fa-star checked"></span>' * 3
    + '<span class="fa fa-star"></span>' * 2
    + "</div>",
    "filled icons by color": "<div>"
    + '<i class="bi bi-star-fill text-warning"></i>' * 3
    + '<i class="bi bi-star-fill text-secondary"></i>' * 2
    + "</div>",
    "filled icons by name": "<div>"
    + '<i class="bi bi-star-fill"></i>' * 3
    + '<i class="bi bi-star"></i>' * 2
    + "</div>",
    "empty icons first": "<div>"
    + '<i class="icon-star"></i>' * 2
    + '<i class="icon-star active"></i>' * 3
    + "</div>",
    "pictures by address": '<span class="stars">'
    + '<img src="/star/f.svg" alt="Map">' * 3
    + '<img src="/star/e.svg" alt="Map">' * 2
    + "</span>",
    "one picture named by its stars": '<img src="/images/stars_3.gif">',
    "icons as elements": '<div><ion-icon name="star"></ion-icon><ion-icon name="star"></ion-icon>'
    '<ion-icon name="star"></ion-icon><ion-icon name="star-outline"></ion-icon></div>'.replace(
        '<ion-icon name="star-outline"></ion-icon>', '<ion-icon name="star-outline"></ion-icon>' * 2
    ),
    "ligatures of an icon font": "<div>"
    + '<span class="material-icons">star</span>' * 3
    + '<span class="material-icons">star_border</span>' * 2
    + "</div>",
    "only the filled drawings": f"<div>{DRAWING.format('') * 3}</div>",
    "drawings by fill": "<div>"
    + DRAWING.format('fill="#fc1"') * 3
    + DRAWING.format('fill="#eee"') * 2
    + "</div>",
    "a fraction": "<p>3/5</p>",
    "a sentence": "<p>Rated 3 out of 5</p>",
    "an element of the site": '<star-rating value="3"></star-rating>',
    "a meter": '<meter min="0" max="5" value="3"></meter>',
    "a checked field": "<div>"
    + "".join(
        f'<input type="radio" {"checked" if n == 3 else ""} value="{n}">' for n in range(1, 6)
    )
    + "</div>",
    "a variable of its style": '<div class="stars" style="--rating: 3;"></div>',
    "a variable in percent": '<div style="--star-percent:60%"></div>',
}


def read(widget):
    card = f"<li><div><b>Ann Lee</b></div>{widget}<p>{SAID}</p><small>3 June 2024</small></li>"
    page = ParsedPage(f"<main><h2>What our customers say</h2><ul>{card}</ul></main>")
    return [(r.text, r.rating, r.rating_max) for r in extract_reviews(page)[0]]


@pytest.mark.parametrize("widget", WIDGETS.values(), ids=WIDGETS)
def test_three_of_five_stars_are_read_however_they_are_drawn(widget):
    assert read(widget) == [(SAID, 3.0, 5.0)]


def test_numbers_of_the_stars_in_a_row_are_not_the_rating():
    star = '<i class="rating-{}" data-rating="{}"></i>'
    row = "".join(star.format("solid" if n < 4 else "outline", n) for n in range(1, 6))
    assert read(f"<p>{row}</p>") == [(SAID, 3.0, 5.0)]


def test_reviews_that_carry_their_rating_are_no_row_of_stars():
    card = (
        "<div class='review' data-rating='{}'><b class='author'>Ann {}</b><p>No. {}: {}</p></div>"
    )
    cards = "".join(card.format(n, n, n, SAID) for n in (1, 2, 3))
    page = ParsedPage(f"<div class='reviews'>{cards}</div>")
    assert [r.rating for r in extract_reviews(page)[0]] == [1.0, 2.0, 3.0]


def test_half_a_star_counts_half():
    row = '<i class="fa-solid fa-star"></i>' * 3 + '<i class="fa-solid fa-star-half-stroke"></i>'
    assert read(f"<div>{row}</div>") == [(SAID, 3.5, 5.0)]


@pytest.mark.parametrize(
    "text", ["3 of 5 people came back", "24/7", "1/2 cup", "12/5 rolls", "0/5"]
)
def test_other_fractions_are_no_rating(text):
    assert read_whole(text) is None


@pytest.mark.parametrize("address", ["/star.svg", "/a/start5.png", "/pirate4.png?x=stars_3.gif"])
def test_other_pictures_are_no_rating(address):
    assert read_file(address) is None


def test_icons_of_other_kinds_are_no_stars():
    row = '<i class="fa fa-facebook"></i><i class="fa fa-twitter"></i><i class="fa fa-phone"></i>'
    assert read(f"<div>{row}</div>") == [(SAID, None, None)]

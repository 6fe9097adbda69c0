"""The copy of a cited page: its text, the cited words marked, nothing live."""

from hypothesis import given
from hypothesis import strategies as st

from reports.evidence_page import make_page, render_page

ABOUT = {"url": "http://a.example/faq", "title": "FAQ", "fetched_at": "2026-11-01T10:00:00+00:00",
         "record": "ab" * 16, "file": "1/a.example.warc.gz"}  # fmt: skip


def test_cited_words_are_marked_whatever_their_case_and_space():
    page = make_page("Hello there\nSend it back within\u00a030 Days.", ["within 30 days"], **ABOUT)
    assert [part.text for line in page.lines for part in line if part.cited] == [
        "within\u00a030 Days"
    ]
    assert page.unseen == ()


def test_excerpt_over_several_lines_marks_each_of_them():
    text = "How do I return it?\nSend it back in the box.\nBye"
    page = make_page(text, ["How do I return it? Send it back in the box."], **ABOUT)
    assert [line[0].cited for line in page.lines] == [True, True, False]


def test_excerpt_that_is_not_in_the_text_is_told():
    page = make_page("Hello", ["https://widget.vendor.example/loader.js"], **ABOUT)
    assert page.unseen == ("https://widget.vendor.example/loader.js",)
    assert b"widget.vendor.example" in render_page(page)


def test_nothing_of_the_page_is_live():
    hostile = '<script>window.__xss=1</script><a href="javascript:x">y</a>'
    html = render_page(make_page(hostile, [hostile], **{**ABOUT, "title": hostile})).decode()
    assert "<script" not in html
    assert "<a " not in html
    assert "&lt;script&gt;" in html


@given(st.text(max_size=200), st.lists(st.text(max_size=40), max_size=4))
def test_no_text_is_lost_by_marking(text, excerpts):
    page = make_page(text, excerpts, **ABOUT)
    lines = ["".join(part.text for part in line) for line in page.lines]
    assert lines == [line.strip() for line in text.split("\n") if line.strip()]

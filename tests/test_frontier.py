"""Which address a visit goes to next."""

from hypothesis import given
from hypothesis import strategies as st

from spiders.base.frontier import Frontier, Target


def drain(frontier):
    return [target.url for target in iter(frontier.take, None)]


def frontier_of(*targets, budget=100, **caps):
    frontier = Frontier(budget=budget, **caps)
    for url, score in targets:
        frontier.add(Target(url, score))
    return frontier


def test_best_score_comes_first_and_first_seen_among_equals():
    frontier = frontier_of(("http://a.example/1", 0.2), ("http://a.example/2", 0.9),
                           ("http://a.example/3", 0.9))  # fmt: skip
    assert drain(frontier) == [f"http://a.example/{n}" for n in (2, 3, 1)]


def test_spellings_of_one_page_are_one_page():
    frontier = Frontier(budget=10)
    assert frontier.add(Target("http://www.a.example/faq/", 0.5))
    for same in ("https://a.example/faq", "http://a.example/faq#top", "http://a.example/faq.html",
                 "http://a.example/faq/index.html"):  # fmt: skip
        assert not frontier.add(Target(same, 0.5))
    assert frontier.add(Target("http://a.example/faq?page=2", 0.5))


def test_budget_ends_the_visit_and_the_rest_is_known():
    frontier = frontier_of(*((f"http://a.example/{n}", n / 10) for n in range(5)), budget=2)
    assert len(drain(frontier)) == 2
    assert [target.url[-1] for target in frontier.left] == ["2", "1", "0"]


def test_one_prefix_does_not_eat_the_budget_while_others_wait():
    many = [(f"http://a.example/shop/{n}", 0.9) for n in range(20)]
    frontier = frontier_of(*many, ("http://a.example/help/x", 0.1), budget=6, per_prefix=4)
    visited = drain(frontier)
    assert visited[4] == "http://a.example/help/x"
    assert len(visited) == 6


def test_a_few_dead_links_do_not_shorten_the_visit():
    frontier = frontier_of(*((f"http://a.example/{n}", 0.5) for n in range(20)), budget=8)
    visits = 0
    while frontier.take():
        visits += 1
        frontier.give_back()
    assert visits == 10


def test_address_put_back_costs_no_budget():
    frontier = frontier_of(("https://a.example/", 1.0), budget=1)
    target = frontier.take()
    frontier.put_back(Target("http://a.example/", target.score))
    assert drain(frontier) == ["http://a.example/"]


@given(
    st.lists(st.tuples(st.integers(0, 60), st.floats(0, 1)), max_size=80),
    st.integers(1, 30),
)
def test_no_page_is_taken_twice_and_never_more_than_the_budget(pages, budget):
    frontier = frontier_of(*((f"http://a.example/{n % 3}/{n}", s) for n, s in pages), budget=budget)
    visited = drain(frontier)
    assert len(visited) == len(set(visited)) == min(budget, len({n for n, _ in pages}))

"""How often somebody may ask: so many at once, then as many as time brings back, each name for itself."""

from headwater.web import limits
from headwater.web.limits import Limits

TEN_A_MINUTE = (10, 60.0)


class Watch:
    """A stopwatch in the test's hand."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


def taken(made: Limits, name: str, tries: int) -> int:
    return sum(made.take(name, TEN_A_MINUTE) for _ in range(tries))


def test_so_many_at_once_and_no_more() -> None:
    assert taken(Limits(Watch()), "one", 15) == 10


def test_time_brings_tries_back_and_never_more_than_there_were() -> None:
    watch = Watch()
    made = Limits(watch)
    assert taken(made, "one", 11) == 10
    watch.at += 12
    assert taken(made, "one", 5) == 2
    watch.at += 86_400
    assert taken(made, "one", 30) == 10


def test_who_goes_on_trying_gets_in_no_later_for_it() -> None:
    watch = Watch()
    made = Limits(watch)
    taken(made, "one", 200)
    watch.at += 6
    assert taken(made, "one", 1) == 1


def test_each_name_has_tries_of_its_own() -> None:
    made = Limits(Watch())
    assert taken(made, "one", 11) == 10
    assert taken(made, "another", 11) == 10


def test_names_do_not_fill_the_memory() -> None:
    made = Limits(Watch())
    for number in range(limits._MOST_NAMES + 5):
        made.take(f"name {number}", TEN_A_MINUTE)
    assert len(made._levels) <= limits._MOST_NAMES

"""Every page is measured: those that name no thing by their paths, those that name one on things that the bench makes."""

from bench import web_things


def test_every_page_that_names_a_thing_is_measured() -> None:
    assert web_things.unmeasured() == set()

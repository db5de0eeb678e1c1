"""Countries by name and code."""

import pytest

from headwater.engines.match.countries import country


@pytest.mark.parametrize("text", ["RS", "rs", "Serbia", " SERBIA ", "serbia."])
def test_a_country_is_known_by_code_and_by_name(text: str) -> None:
    assert country(text) == "rs"


@pytest.mark.parametrize(
    ("left", "right"), [("Türkiye", "Turkey"), ("Kosovo", "XK"), ("Viet Nam", "vietnam"), ("DRC", "cd")]
)
def test_names_of_one_country_agree(left: str, right: str) -> None:
    assert country(left) == country(right)


def test_an_unknown_country_stays_as_it_is() -> None:
    assert country("Ruritania") == "ruritania"

"""Counts in sentences."""

import pytest

from headwater.engines.trace.wording import counted


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("1 payers sent 5 EUR to A", "1 payer sent 5 EUR to A"),
        ("21 payers, 1,001 payments, 0.1 hubs", "21 payers, 1,001 payments, 0.1 hubs"),
        ("paid 1 accounts from 1 hirers", "paid 1 account from 1 hirer"),
        ("1 hiresome case", "1 hiresome case"),
    ],
)
def test_one_of_a_thing_is_one_thing(given: str, written: str) -> None:
    assert counted(given) == written

"""Pairs, stakes and assets as files: what is read, and what is refused by row and field."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from headwater.errors import InputError
from headwater.formats.assets_csv import read_assets
from headwater.formats.pairs import read_pairs
from headwater.formats.stakes_csv import read_stakes

ASSETS = "holder,nature,description,currency,amount,valued_on,frozen_on\n"
STAKES = "owner,owned,percentage,control,source\n"
PAIRS = "id,schema,name1,name2,match\n"


def test_pairs_are_read_from_csv_and_from_json_lines() -> None:
    [pair] = read_pairs(f"{PAIRS}a,Person,Ana,Anna,true\n".encode())
    assert (pair.id, pair.left, pair.right) == ("a", {"name": ["Ana"]}, {"name": ["Anna"]})
    [pair] = read_pairs(b'{"id": 7, "schema": "Company", "query": {"name": ["A"]}, "candidate": {"alias": ["B"]}}')
    assert (pair.id, pair.schema, pair.right) == ("7", "Company", {"alias": ["B"]})


def test_a_stake_is_a_share_or_control() -> None:
    found = read_stakes(f"{STAKES}a,b,51%,no,register\nb,c,,yes,\n".encode())
    assert [(one.percentage, one.control) for one in found] == [(51.0, False), (0.0, True)]


def test_an_amount_is_kept_in_hundredths() -> None:
    [asset] = read_assets(f"{ASSETS}Ana,funds,account,GBP,1200.5,2026-09-30,\n".encode())
    assert (asset.amount_minor, asset.valued_on, asset.frozen_on) == (120050, date(2026, 9, 30), None)


@pytest.mark.parametrize(
    ("read", "text", "said"),
    [
        (read_pairs, "", "empty"),
        (read_pairs, "id,name1,name2\na,b,c\n", "schema"),
        (read_pairs, f"{PAIRS}a,Person,A,B,true\na,Person,C,D,true\n", "line 3.*id"),
        (read_pairs, f"{PAIRS}a,Person,A\n", "line 2"),
        (read_pairs, '{"id": "a", "schema": "Person", "query": [], "candidate": {}}', "line 1.*query"),
        (read_pairs, '{"id": "a", "schema": "Person", "query": {"name": "A"}, "candidate": {}}', "list of texts"),
        (read_pairs, '{"id": true, "schema": "Person", "query": {}, "candidate": {}}', "without an id"),
        (read_stakes, "owner,share\na,1\n", "owned"),
        (read_stakes, f"{STAKES}a,b,120,no,\n", "line 2.*percentage"),
        (read_stakes, f"{STAKES}a,b,half,no,\n", "not a number"),
        (read_stakes, f"{STAKES}a,b,,no,\n", "neither a share nor control"),
        (read_stakes, f"{STAKES}a,,60,no,\n", "owned"),
        (read_stakes, f"{STAKES}a,b,60,maybe,\n", "control"),
        (read_assets, f"{ASSETS}Ana,gold,bar,GBP,1,2026-09-30,\n", "nature"),
        (read_assets, f"{ASSETS}Ana,funds,a,pounds,1,2026-09-30,\n", "currency"),
        (read_assets, f"{ASSETS}Ana,funds,a,GBP,1.234,2026-09-30,\n", "two decimals"),
        (read_assets, f"{ASSETS}Ana,funds,a,GBP,NaN,2026-09-30,\n", "amount"),
        (read_assets, f"{ASSETS}Ana,funds,a,GBP,1,30/09/2026,\n", "valued_on"),
        (read_assets, f"{ASSETS},funds,a,GBP,1,2026-09-30,\n", "holder"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused_by_row_and_field(read: Callable[..., Any], text: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        read(text.encode(), file="given.csv")
    assert "given.csv" in str(refused.value)
    import re

    assert re.search(said, str(refused.value))

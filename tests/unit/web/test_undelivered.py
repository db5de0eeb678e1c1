"""The page of a message that was not taken says why in the reader's language, with what would help and where it goes again."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest

from headwater.exchange.partners import State
from headwater.model.ids import AuthorityId
from headwater.model.message import Kind
from headwater.policy.agreement import AgreementState
from tests.node_world import BELGRADE, LONDON, TERMS, WRITER
from tests.page_world import Browser, browser
from tests.wired_world import Wired, wired

LORRY = {"key": "lorry", "schema": "Vehicle", "properties": {"registrationNumber": ["ZZ00EXR"]}}


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Wired]:
    with wired(tmp_path) as made:
        yield made


def sent(pair: Wired) -> str:
    return pair.send(pair.london, Kind.SPONTANEOUS, records=(pair.report(pair.london, LORRY),))


def said(reader: Browser, ref: str) -> tuple[str, str]:
    """The word of the notice, and what a reader reads in it."""
    found = re.search(
        r'<p class="notice" data-undelivered="([^"]*)">(.*?)</p>', reader.get(f"/exchange/{ref}").text, re.DOTALL
    )
    if found is None:
        return "", ""
    return found[1], " ".join(unescape(re.sub(r"<[^>]+>", " ", found[2])).split())


def test_nothing_is_said_of_what_is_on_its_way_or_taken(pair: Wired) -> None:
    reader, ref = browser(pair.london, WRITER), sent(pair)
    assert said(reader, ref) == ("", "")
    pair.carry()
    assert said(reader, ref) == ("", "")


def test_a_refusal_names_the_rule_its_meaning_and_the_remedy(pair: Wired) -> None:
    pair.belgrade.exchange.set_agreement_state(TERMS, AgreementState.ENDED, who="s.petrovic", reason="over")
    ref = sent(pair)
    pair.carry()
    reader = browser(pair.london, WRITER)
    word, text = said(reader, ref)
    assert word == "agreement-state"
    assert text.startswith("Refused by the partner ( agreement-state ): The agreement is not live 25 Nov 2026")
    assert "What would allow it: the agreement must be live: both sides sign it" in text
    reader.language = "sr-Cyrl"
    text = said(reader, ref)[1]
    assert text.startswith("Партнер је одбио ( agreement-state ): Споразум није на снази")
    assert "споразум мора бити на снази" in text
    reader.language = "sq"
    assert said(reader, ref)[1].startswith("Refuzuar nga partneri ( agreement-state ):")


def test_what_rests_what_waits_here_and_what_expired_are_told_apart(pair: Wired) -> None:
    reader = browser(pair.london, WRITER)
    pair.belgrade.exchange.step_partner(AuthorityId(LONDON), State.SUSPENDED, who="s.petrovic", reason="test")
    ref = sent(pair)
    pair.carry()
    word, text = said(reader, ref)
    assert word == "unknown-key"
    assert text.startswith("Not taken yet ( unknown-key ): an envelope from an unknown authority")
    pair.london.exchange.step_partner(AuthorityId(BELGRADE), State.SUSPENDED, who="s.hall", reason="test")
    here = "Not taken yet: the partner is suspended What would allow it: see: headwater partner list"
    assert said(reader, ref) == ("trust.key", here)
    pair.london.exchange.step_partner(AuthorityId(BELGRADE), State.CONFIRMED, who="s.hall", reason="test")
    pair.clock.move(timedelta(days=14))
    pair.carry()
    word, text = said(browser(pair.london, WRITER), ref)
    assert word == "unknown-key"
    assert text.startswith("Never taken ( unknown-key ): nobody took it before it expired")


def test_what_went_again_under_newer_keys_is_one_click_away(pair: Wired) -> None:
    ref = sent(pair)
    london, belgrade = pair.london.exchange, pair.belgrade.exchange
    (skid,) = london._keys.signing_seeds
    london.new_key("signing")
    card = london.make_card("London", ["http://127.0.0.1:1"], pair.london.home / "roots", who="engineer", revoke=[skid])
    belgrade.add_partner([card.paper.to_bytes()], [], who="engineer")
    pair.carry()
    found = london.undelivered(next(row for row in london.outgoing() if row.id == ref))
    assert found is not None
    reader = browser(pair.london, WRITER)
    assert f'<a href="/exchange/{found.again}">' in reader.get(f"/exchange/{ref}").text
    assert reader.get(f"/exchange/{found.again}").status == 200

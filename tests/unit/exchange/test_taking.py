"""Taking a batch: what its messages bring is acted on, and each of several of a kind is answered, kept and noted by itself."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from headwater.exchange.framing import join, split
from headwater.exchange.receipt import Receipt, parse_receipt
from headwater.exchange.refusal import Code
from headwater.exchange.suite import key_id, signing_public
from headwater.model.message import Amend, Kind
from tests.exchange_world import LONDON, PRISTINA, fact
from tests.liar_world import Liar, bare, true


@pytest.fixture
def liar(tmp_path: Path) -> Iterator[Liar]:
    made = Liar(tmp_path)
    yield made
    made.world.close()


def values(liar: Liar) -> list[str]:
    with liar.belgrade.store.snapshot() as snapshot:
        return sorted(each.value for record in snapshot.records() for each in record.facts)


def receipts(liar: Liar, *envelopes: bytes) -> list[Receipt]:
    answer = liar.belgrade.exchange.receive(join(envelopes))
    return [parse_receipt(part) for part in split(answer, most=128)]


@pytest.mark.parametrize("handling", [("P",), ("P", "EYES-ONLY")])
def test_what_an_amend_has_named_before_it_came_is_gone_once_it_has_come_also_where_it_is_held(
    liar: Liar, handling: tuple[str, ...]
) -> None:
    told = true(facts={"rec-u/0": fact(handling=handling), "rec-u/1": fact(value="Stays", handling=handling)})
    asks = bare(Kind.AMEND, amend=Amend(action="erase", facts=("rec-u/0",), reason="mistaken"))
    other = true(facts={"rec-v/0": fact(value="Other")})
    assert liar.hand(liar.seal(asks)) == ["stored"]
    assert liar.hand(liar.seal(other), liar.seal(told)) == ["stored"] * 2
    is_held = liar.belgrade.exchange.incoming()[-1].state == "held"
    assert is_held is (len(handling) > 1)
    _, shown = liar.belgrade.exchange.show(liar.belgrade.exchange.incoming()[-1].id)
    assert shown is not None
    assert list(shown.facts) == ["rec-u/1"]
    assert values(liar) == (["Other"] if is_held else ["Other", "Stays"])
    liar.belgrade.exchange.accept(liar.belgrade.exchange.incoming()[-1].id, who="m.ilic", reason="read")
    assert values(liar) == ["Other", "Stays"]


def test_of_one_batch_each_sender_gets_its_own_receipt_and_only_who_has_proved_itself_the_log(liar: Liar) -> None:
    good, also = liar.seal(true(text="one")), liar.seal(true(text="two"))
    stranger = liar.seal(true(), skid=key_id(signing_public(b"z" * 32)), sender=PRISTINA)
    given = receipts(liar, good, stranger, also, b"\0\0")
    assert [(each.to, [line.result for line in each.lines], each.log is not None) for each in given] == [
        (LONDON, ["stored", "stored"], True),
        (PRISTINA, ["refused:unknown-key"], False),
        (None, ["refused:bad-header"], False),
    ]
    with liar.belgrade.store.snapshot() as snapshot:
        head = snapshot.head()
    assert given[0].log is not None
    assert (given[0].log.size, given[0].log.root) == (head.size, head.root.hex())
    again = receipts(liar, also, good)
    assert again == [given[0]]
    assert liar.events("duplicate") == 2


def test_the_same_bytes_twice_in_one_batch_are_one_message_and_a_number_twice_is_refused(liar: Liar) -> None:
    one = liar.seal(true(text="one"), seq=900)
    (sealed,) = (row for row in [one])
    assert liar.hand(sealed, sealed) == ["stored"]
    assert liar.hand(liar.seal(true(text="two"), seq=900), liar.seal(true(text="three"), seq=901)) == [
        f"refused:{Code.REPLAY}",
        "stored",
    ]
    ref = liar.belgrade.exchange.incoming()[-1].id
    assert liar.hand(liar.seal(true(text="four"), id=ref, seq=902)) == [f"refused:{Code.EQUIVOCATION}"]
    twice = [liar.seal(true(text=text), seq=903) for text in ("five", "six")]
    assert liar.hand(*twice) == ["stored", f"refused:{Code.REPLAY}"]
    alarms = Counter(alarm.code for alarm in liar.belgrade.exchange.syncing.alarms())
    assert alarms == {"trust.rollback": 1, "trust.equivocation": 1}
    texts = [
        replace(shown, facts={}).text
        for row in liar.belgrade.exchange.incoming()[-3:]
        if (shown := liar.belgrade.exchange.show(row.id)[1])
    ]
    assert texts == ["one", "three", "five"]

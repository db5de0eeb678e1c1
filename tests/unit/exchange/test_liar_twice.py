"""One identifier, or one number, for two contents: whatever became of the first, both are kept and the alarm names the liar."""

from collections.abc import Iterator
from itertools import count, product
from typing import Final

import pytest

from headwater.exchange.alarms import EVIDENCE
from headwater.exchange.envelope import Sealed, read
from headwater.model.message import Kind, Message
from tests.exchange_world import LONDON, fact
from tests.liar_world import Liar, bare, true

FIRST: Final[dict[str, tuple[Message, str]]] = {
    "stored": (true(), "stored"),
    "refused for whom it names": (true(facts={"f1": fact(category="victim")}), "refused:protected-identity"),
    "refused by a rule": (true(purpose="tax"), "refused:purpose"),
    "refused for want of an agreement": (true(agreement="A-NO-SUCH"), "refused:"),
    "without content of its own": (bare(Kind.PING), "stored"),
}
SECOND: Final[dict[str, Message]] = {
    "another fact": true(facts={"f9": fact(value="Somebody Else")}),
    "what a rule refuses": true(purpose="tax", text="other words"),
}
ALARMS: Final = {"identifier": "trust.equivocation", "number": "trust.rollback"}
NUMBERS: Final = count(5_000)


@pytest.fixture(scope="module")
def liar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Liar]:
    made = Liar(tmp_path_factory.mktemp("twice"))
    yield made
    made.world.close()


@pytest.mark.parametrize("beside", [False, True], ids=["later", "in one batch"])
@pytest.mark.parametrize(("first", "second", "twice"), list(product(FIRST, SECOND, ALARMS)))
def test_two_contents_are_an_alarm_with_both_kept(
    liar: Liar, first: str, second: str, twice: str, *, beside: bool
) -> None:
    told, result = FIRST[first]
    number = next(NUMBERS)
    one = liar.seal(told, seq=number)
    sealed = read(one)
    assert isinstance(sealed, Sealed)
    same = {"id": sealed.header.id, "seq": next(NUMBERS)} if twice == "identifier" else {"seq": number}
    other = liar.seal(SECOND[second], **same)
    if liar.belgrade.exchange.syncing.alarms():  # of one kind about one partner, one stands open at a time
        liar.belgrade.exchange.syncing.clear(LONDON, who="o.reed", reason="looked at")
    results = liar.hand(one, other) if beside else [*liar.hand(one), *liar.hand(other)]
    assert results[0].startswith(result)
    assert results[1] == f"refused:{'equivocation' if twice == 'identifier' else 'replay'}"
    (alarm,) = liar.belgrade.exchange.syncing.alarms()
    assert (alarm.about, alarm.code) == (LONDON, ALARMS[twice])
    with liar.belgrade.store.snapshot() as snapshot:
        kept = [snapshot.document(EVIDENCE, each) for each in alarm.evidence]
    assert other in kept
    assert len(kept) == len([each for each in kept if each]) == 2

"""A recall through three hops: London told Belgrade, Belgrade Pristina, Pristina Tirana; London calls all of it back."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise

from bench.exchange_nodes import AL, OFFICER, RS, UK, XK, houses, serve, terms_id
from headwater.exercise.stage import House
from headwater.model.fact import Fact
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, EntityKey, FactId, StateCode
from headwater.model.message import Amend, Kind, Message, MessageFact
from headwater.model.record import Mention, Origin, Record
from headwater.node import Node

CHAIN = (UK, RS, XK, AL)
FACTS_OF_A_RECORD = 250
POLL_S = 0.05
LONGEST_S = 600.0


def recall_s(facts: int) -> tuple[float, float]:
    """Return the seconds until all facts were erased at three partners with proofs, and those it took to spread them."""
    with houses(CHAIN) as made, ExitStack() as opened:
        for house in made.values():
            serve(house)
        nodes = {name: opened.enter_context(Node.open(house.home, {})) for name, house in made.items()}
        begun = time.perf_counter()
        mine = list(own_facts(nodes[UK], facts))
        for sender, receiver in pairwise(CHAIN):
            pass_on(nodes[sender], nodes[receiver])
        spread = time.perf_counter() - begun
        begun = time.perf_counter()
        asked = Amend(action="erase", facts=tuple(mine), reason="exercise: they were of others")
        nodes[UK].exchange.liaison.amend(asked, who=OFFICER, purpose="oic")
        wait_for_proofs(nodes[UK], facts, made[UK])
        took = time.perf_counter() - begun
        left = {name: held(node) for name, node in nodes.items()}
    if any(left.values()):
        raise AssertionError(f"facts that were called back are still there: {left}")
    return took, spread


def own_facts(node: Node, count: int) -> Iterator[FactId]:
    """Keep records of London's own about lorries, and yield the names of their facts."""
    states = frozenset(StateCode(name.partition("-")[0]) for name in CHAIN[2:])
    handling = Handling(codes=frozenset({"P"}), markings=frozenset({"OFFICIAL"}), releasable_to=states)
    for number in range(0, count, FACTS_OF_A_RECORD):
        keys = [EntityKey(f"uk/lorry/{place}") for place in range(number, min(number + FACTS_OF_A_RECORD, count))]
        record = Record(
            origin=Origin(node.authority, "report", place=str(number)),
            handling=handling,
            mentions=tuple(Mention(key, "Vehicle") for key in keys),
            facts=tuple(Fact(key, "registrationNumber", f"ZZ {key[9:]} EXR") for key in keys),
        )
        node.store.write(lambda tx, record=record: tx.add_record(record))  # type: ignore[misc]
        yield from (name for name, _ in record.numbered())


def pass_on(sender: Node, receiver: Node) -> None:
    """Tell a partner all that is held, a message for each record, and wait until it is there."""
    agreement = terms_id(sender.authority, receiver.authority)
    with sender.store.snapshot() as snapshot:
        records = [record.id for record in snapshot.records() if record.facts]
    told = [letter(sender, receiver.authority, sender.exchange.facts(ref, agreement)) for ref in records]
    for sending in sender.exchange.send_many(told, who=OFFICER):
        if not sending.is_queued or sending.judgement.removed:
            raise AssertionError(f"not sent, by rule {sending.judgement.rule}: {sending.judgement.reasons[:1]}")
    wanted = held(sender)
    end = time.monotonic() + LONGEST_S
    while held(receiver) < wanted:
        if time.monotonic() > end:
            raise AssertionError("the facts do not arrive")
        time.sleep(POLL_S)


def letter(sender: Node, to: AuthorityId, facts: dict[str, MessageFact]) -> Message:
    """Return a message with the facts of one record."""
    return Message(
        kind=Kind.SPONTANEOUS,
        recipient=to,
        agreement=terms_id(sender.authority, to),
        purpose="oic",
        classification="OFFICIAL",
        author=OFFICER,
        facts=facts,
    )


def held(node: Node) -> int:
    """Return how many facts a node shows."""
    with node.store.snapshot() as snapshot:
        return sum(len(record.facts) for record in snapshot.records())


def wait_for_proofs(node: Node, facts: int, house: House) -> None:
    """Return once every holder's signed word is here, for each fact and each of the three partners."""
    end = time.monotonic() + LONGEST_S
    while time.monotonic() < end:
        holders = node.exchange.liaison.holders()
        if holders and all(holder.state == "done" for holder in holders):
            words = [done for holder in holders if holder.answer for done in holder.answer.done]
            erased = sum(result == "erased" for done in words for result in done.results.values())
            if {done.holder for done in words} != set(CHAIN[1:]) or erased != facts * (len(CHAIN) - 1):
                raise AssertionError(f"{erased} proofs from {sorted({done.holder for done in words})}")
            return
        time.sleep(POLL_S)
    raise AssertionError(f"not recalled after {LONGEST_S:.0f} s; see {house.home}")

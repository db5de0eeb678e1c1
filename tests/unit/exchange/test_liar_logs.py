"""A partner that lies about logs: its own, ours, and somebody else's. What it has not proved is not cosigned."""

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import structs

from headwater.exchange.checkpoint import sign_checkpoint
from headwater.exchange.receipt import Giver, Line, LogHead
from headwater.model.ids import AuthorityId
from headwater.model.merkle import HASH_BYTES
from headwater.model.message import Grown, Kind, Sync
from headwater.ports import Event
from headwater.testing.fakes import START
from tests.exchange_world import BELGRADE, LONDON, PRISTINA, Node
from tests.liar_world import Liar, bare, true

FORKED, SHRUNK = ("trust.equivocation", LONDON), ("trust.rollback", LONDON)
OTHER = b"r" * HASH_BYTES


@pytest.fixture(scope="module")
def liar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Liar]:
    made = Liar(tmp_path_factory.mktemp("logs"))
    yield made
    made.world.close()


class Log:
    """London's log, which has grown since Belgrade cosigned it last."""

    def __init__(self, liar: Liar) -> None:
        self.liar = liar
        for number in range(3):
            liar.london.store.note(Event("look.record", "o.reed", f"rec-{number}", "oic"))
        self.held = liar.belgrade.exchange.syncing.standing(LONDON).theirs
        with liar.london.store.snapshot() as snapshot:
            self.size = snapshot.head().size
            self.root = snapshot.head().root
            self.path = tuple(each.hex() for each in snapshot.consistency(self.held, self.size)) if self.held else ()

    def told(self, **changes: Any) -> Sync:
        """The truth, with a few words changed."""
        values: dict[str, Any] = {
            "turn": 3,
            "seen": 0,
            "checkpoint": note(self.liar.london, self.size, self.root),
            "grown": (Grown(size=self.held, path=self.path),) if self.held else (),
            **changes,
        }
        return Sync(**values)


def note(node: Node, size: int, root: bytes, of: AuthorityId | None = None) -> str:
    return sign_checkpoint(of or node.me, size, root, node.keys.papers()).to_bytes().decode()


def hand(liar: Liar, told: Sync | None, **header: Any) -> None:
    assert liar.hand(liar.seal(structs.replace(bare(Kind.CHECKPOINT), sync=told), **header)) == ["stored"]


def alarms(liar: Liar) -> set[tuple[str, str]]:
    return {(alarm.code, alarm.about) for alarm in liar.belgrade.exchange.syncing.alarms()}


def of_ours(liar: Liar, **changes: Any) -> str:
    """Belgrade's own checkpoint, as London holds it."""
    with liar.belgrade.store.snapshot() as snapshot:
        head = snapshot.head()
    given = {"size": head.size, "root": head.root, "by": liar.belgrade, "of": BELGRADE, **changes}
    return note(given["by"], given["size"], given["root"], given["of"])


LIES: dict[str, tuple[Any, bool, set[tuple[str, str]], str]] = {
    "the truth": (lambda _: {}, True, set(), ""),
    "another root of the size held": (lambda log: {"checkpoint": note(log.liar.london, log.held, OTHER)}, False, {FORKED}, ""),
    "a smaller log": (lambda log: {"checkpoint": note(log.liar.london, log.held - 1, OTHER)}, False, {SHRUNK}, ""),
    "without a proof": (lambda _: {"grown": ()}, False, set(), ""),
    "a proof from another size": (
        lambda log: {"grown": (Grown(size=log.held - 1, path=log.path),)},
        False,
        set(),
        "",
    ),
    "a proof that lacks its end": (
        lambda log: {"grown": (Grown(size=log.held, path=log.path[:-1]),)},
        False,
        {FORKED},
        "",
    ),
    "a proof that says more": (
        lambda log: {"grown": (Grown(size=log.held, path=(*log.path, log.path[-1])),)},
        False,
        {FORKED},
        "",
    ),
    "a proof of no hashes": (
        lambda log: {"grown": (Grown(size=log.held, path=("xyz", *log.path[1:])),)},
        False,
        {FORKED},
        "",
    ),
    "a root that was not led to": (
        lambda log: {"checkpoint": note(log.liar.london, log.size, OTHER)},
        False,
        {FORKED},
        "",
    ),
    "another's log, signed by it": (
        lambda log: {"checkpoint": note(log.liar.pristina, log.size, log.root)},
        False,
        set(),
        "a checkpoint it has not signed",
    ),
    "its own log, signed by another": (
        lambda log: {"checkpoint": note(log.liar.pristina, log.size, log.root, LONDON)},
        False,
        set(),
        "a checkpoint it has not signed",
    ),
    "our log, signed by it": (
        lambda log: {"checkpoint": note(log.liar.london, log.size, log.root, BELGRADE)},
        False,
        set(),
        "a checkpoint it has not signed",
    ),
    "signed by one key of two": (
        lambda log: {"checkpoint": "\n".join(note(log.liar.london, log.size, log.root).split("\n")[:-2]) + "\n"},
        False,
        set(),
        "a checkpoint it has not signed",
    ),
    "no checkpoint": (lambda _: {"checkpoint": "x"}, False, set(), "no checkpoint"),
    "ours, as it has signed it": (
        lambda log: {"held": of_ours(log.liar, by=log.liar.london)},
        True,
        set(),
        "not our checkpoint",
    ),
    "ours, of another": (
        lambda log: {"held": of_ours(log.liar, by=log.liar.pristina, of=PRISTINA)},
        True,
        set(),
        "not our checkpoint",
    ),
    "ours, which is none": (lambda _: {"held": "x"}, True, set(), "no checkpoint"),
    "our receipt, which is none": (lambda _: {"receipt": "!"}, True, set(), "not our receipt"),
    "its own receipt": (lambda log: {"receipt": receipt(log.liar.london, LONDON)}, True, set(), "not our receipt"),
    "our receipt to another": (
        lambda log: {"receipt": receipt(log.liar.belgrade, PRISTINA)},
        True,
        set(),
        "not our receipt",
    ),
    "ours with another root": (
        lambda log: {"held": of_ours(log.liar, size=5, root=OTHER)},
        True,
        {("trust.rollback", BELGRADE)},
        "",
    ),
    "ours, longer than it is": (
        lambda log: {"held": of_ours(log.liar, size=10_000_000, root=OTHER)},
        True,
        {("trust.rollback", BELGRADE)},
        "",
    ),
    "our receipt of a longer log": (
        lambda log: {"receipt": receipt(log.liar.belgrade, LONDON, LogHead(size=10_000_000, root=OTHER.hex()))},
        True,
        {("trust.rollback", BELGRADE)},
        "",
    ),
    "a number that we never gave": (
        lambda log: {"seen": log.liar.belgrade.exchange.outgoing()[-1].seq + 1000},
        True,
        {("trust.rollback", BELGRADE)},
        "",
    ),
}  # fmt: skip
"""What is said instead of the truth; whether the log is cosigned all the same; the alarms; what is noted as doubted."""


def receipt(node: Node, to: AuthorityId, log: LogHead | None = None) -> str:
    line = Line(id=None, sha256="ab" * 32, result="stored")
    return b64encode(Giver(node.me, node.keys.signing_seed()).sign(to, (line,), START, log)).decode()


@pytest.mark.parametrize("name", LIES)
def test_a_lie_about_a_log_is_not_cosigned_and_raises_its_alarm(liar: Liar, name: str) -> None:
    lie, cosigned, raised, doubt = LIES[name]
    hand(liar, Log(liar).told())
    log = Log(liar)
    assert log.held < log.size
    doubts, synced = liar.events("sync-doubted"), liar.events("cosigned")
    hand(liar, log.told(**lie(log)))
    assert alarms(liar) == raised
    assert liar.belgrade.exchange.syncing.standing(LONDON).theirs == (log.size if cosigned else log.held)
    assert liar.events("cosigned") == synced + cosigned
    assert liar.events("sync-doubted") == doubts + bool(doubt)
    if doubt:
        assert liar.belgrade.events("sync-doubted")[-1].detail["why"] == doubt
    for code, about in sorted(alarms(liar)):
        assert liar.belgrade.exchange.syncing.clear(about, who="m.ilic", reason=code) == 1  # type: ignore[arg-type]
    later = Log(liar)
    hand(liar, later.told())
    assert liar.belgrade.exchange.syncing.standing(LONDON).theirs == later.size
    assert alarms(liar) == set()


def test_a_smaller_log_under_an_earlier_number_has_only_come_late(liar: Liar) -> None:
    early = next(liar.numbers)
    hand(liar, Log(liar).told())
    log = Log(liar)
    hand(liar, log.told(checkpoint=note(liar.london, log.held - 1, OTHER)), seq=early)
    assert alarms(liar) == set()
    assert liar.belgrade.exchange.syncing.standing(LONDON).theirs == log.held


@pytest.mark.parametrize(
    ("turn", "answers", "counts"), [(0, 0, True), (1, 1, False), (2, 1, True), (3, 0, True), (4, 0, True)]
)
def test_only_a_question_and_an_answer_are_answered(liar: Liar, turn: int, answers: int, counts: bool) -> None:
    def answered() -> int:
        return sum(row.kind == Kind.CHECKPOINT for row in liar.belgrade.exchange.outgoing())

    before, at = answered(), liar.belgrade.exchange.syncing.standing(LONDON).synced_at
    hand(liar, Log(liar).told(turn=turn))
    assert answered() == before + answers
    if answers:
        sent = liar.belgrade.exchange.sent(liar.belgrade.exchange.outgoing()[-1].id)
        assert sent is not None
        assert sent.sync is not None
        assert sent.sync.turn == turn + 1
    if counts:
        assert liar.belgrade.exchange.syncing.standing(LONDON).synced_at == liar.world.clock.now()
    else:
        assert liar.belgrade.exchange.syncing.standing(LONDON).synced_at == at


def test_a_checkpoint_without_a_sync_is_doubted(liar: Liar) -> None:
    doubts = liar.events("sync-doubted")
    hand(liar, None)
    assert liar.events("sync-doubted") == doubts + 1
    assert liar.hand(liar.seal(true())) == ["stored"]

"""The officers of one node in one process: one writes, another approves, and each promise of the node is told at once."""

import os
import random
import select
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from headwater.errors import ConflictError, HeadwaterError
from headwater.exchange.outbox import APPROVER, Sending
from headwater.exercise.scenario import AGREEMENTS, USERS
from headwater.exercise.stage import AUTHORITIES
from headwater.model.ids import MessageId, RecordId
from headwater.node import Node, messages
from headwater.node.messages import Letter
from headwater.testing.nodes.plants import plant
from headwater.testing.nodes.promises import HELD, QUEUED, RECEIPT, WRONG, line

PARTNERS: Final[Mapping[str, tuple[str, ...]]] = {"uk": ("rs", "xk"), "rs": ("uk",), "xk": ("uk",)}
"""Who has an agreement with whom, by the keys of the exercise."""
CLASSIFICATION: Final = {"uk": "OFFICIAL", "rs": "INTERNO", "xk": "OFFICIAL"}
_LONGEST_TEXT: Final = 8000
_BURST: Final = 20
_LOOKED_AT: Final = 8
"""Messages whose receipt is asked for after each message."""

Tell = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Post:
    """Where an officer works.

    Attributes:
        key: the node, as the exercise calls it; `home` is its directory.
        record: the record of its own report, which is told.
        waiting, unseen: messages of an officer who was killed: those that wait for a second person, and those on their
            way whose receipts are still to be seen.
        seed: what is drawn from it decides on every letter.
        plant: a known fault that the node has in this process.
        pause_s: mean time between two letters.
        most_unseen: letters on their way at most, whose receipts are still to be seen, before another is sent.
    """

    key: str
    home: Path
    record: str
    waiting: tuple[str, ...]
    unseen: tuple[str, ...]
    seed: int
    plant: str | None = None
    pause_s: float = 0.1
    most_unseen: int = 100_000


class Officer:
    """Sends, approves and looks for receipts."""

    def __init__(self, node: Node, post: Post, tell: Tell) -> None:
        """Sign in at the node."""
        writer, supervisor, _ = USERS[post.key]
        self._node = node
        self._post = post
        self._tell = tell
        self._chance = random.Random(post.seed)
        self._writer = node.session(writer, "oic")
        self._supervisor = node.session(supervisor, "oic")
        self._waiting = [MessageId(ref) for ref in post.waiting]
        self._unseen = deque(MessageId(ref) for ref in post.unseen)
        self._objects = self._facts_on_objects()
        self._count = 0

    def act(self) -> None:
        """Send one letter, perhaps approve another, and look whether receipts have come."""
        if len(self._unseen) < self._post.most_unseen:
            self.send()
        if self._waiting and self._chance.random() < 0.8:
            self.approve(self._waiting.pop(self._chance.randrange(len(self._waiting))))
        for _ in range(min(_LOOKED_AT, len(self._unseen))):
            self.look()

    def send(self) -> None:
        """Send one letter of any sort."""
        partner = self._chance.choice(PARTNERS[self._post.key])
        mark = f"{self._post.key}-{self._post.seed:08x}-{self._count}"
        self._count += 1
        kind, content = self._chance.choice(self._letters(partner))
        text = f"{mark} {'x' * self._chance.randrange(_LONGEST_TEXT)}"
        letter = Letter(classification=CLASSIFICATION[self._post.key], text=text, **content)
        to, agreement = AUTHORITIES[partner][0], AGREEMENTS[partner if self._post.key == "uk" else self._post.key]
        sending = messages.send(self._node, self._writer, messages.address(kind, to, agreement), letter)
        if sending.id is not None and not sending.is_queued:
            self._waiting.append(sending.id)
            self._tell(line(HELD, sending.id, mark))
        else:
            self._promise(sending, mark)

    def approve(self, ref: MessageId) -> None:
        """Approve a letter that waits for a second person."""
        try:
            sending = messages.approve(self._node, self._supervisor, ref, APPROVER)
        except ConflictError:  # approved already, by one who was killed before he could say so
            return
        self._promise(sending, (sending.message.text or "").partition(" ")[0])

    def look(self) -> None:
        """Look whether the receipt of a message has come; if not, it is looked at again later."""
        ref = self._unseen.popleft()
        with self._node.store.snapshot() as snapshot:
            row = snapshot.outgoing(ref)
        if row is None:
            self._tell(line(WRONG, ref, "a message that was on its way is not there"))
        elif row.state == "receipted" and row.receipt:
            self._tell(line(RECEIPT, ref, row.receipt.hex()))
        elif row.state == "queued":
            self._unseen.append(ref)
        else:
            self._tell(line(WRONG, ref, f"the message is {row.state}"))

    def _promise(self, sending: Sending, mark: str) -> None:
        if sending.id is None or not sending.is_queued:
            self._tell(line(WRONG, sending.id or mark, f"not sent, by rule {sending.judgement.rule}"))
            return
        self._unseen.append(sending.id)
        self._tell(line(QUEUED, sending.id, mark))

    def _letters(self, partner: str) -> list[tuple[str, dict[str, Any]]]:
        """Return what can be told: with and without persons, who need a second officer, normal and urgent."""
        urgent: dict[str, Any] = {"urgency": "urgent", "why_urgent": "Exercise: within hours"}
        whole: dict[str, Any] = {"records": (self._post.record,)}
        objects: dict[str, Any] = {"facts": self._objects[partner]}
        asked: dict[str, Any] = {"reason": "Exercise: to find the lorry"}
        return [
            ("spontaneous", whole),
            ("spontaneous", objects),
            ("alert", whole | urgent),
            ("alert", objects | urgent),
            ("request", asked),
            ("request", asked | urgent | {"urgency": "flash"}),
        ]

    def _facts_on_objects(self) -> dict[str, tuple[str, ...]]:
        record = RecordId(self._post.record)
        found: dict[str, tuple[str, ...]] = {}
        for partner in PARTNERS[self._post.key]:
            agreement = AGREEMENTS[partner if self._post.key == "uk" else self._post.key]
            facts = self._node.exchange.facts(record, agreement)
            found[partner] = tuple(name for name, fact in facts.items() if not fact.personal)
        return found


def work(post: Post, telling: int, stopping: int) -> None:
    """Work until something comes through a pipe, or until killed.

    Args:
        post: where.
        telling: the pipe for promises.
        stopping: the pipe that says when to stop.
    """

    def tell(promise: bytes) -> None:
        os.write(telling, promise)

    if post.plant is not None:
        plant(post.plant)
    chance = random.Random(post.seed)
    with Node.open(post.home, {}) as node:
        officer = Officer(node, post, tell)
        in_a_row = 0
        while not select.select([stopping], [], [], 0 if in_a_row else chance.expovariate(1 / post.pause_s))[0]:
            in_a_row = in_a_row - 1 if in_a_row else (_BURST if chance.random() < 1 / _BURST else 0)
            try:
                officer.act()
            except HeadwaterError as error:
                tell(line(WRONG, post.key, f"{error.code}: {error.what}"))

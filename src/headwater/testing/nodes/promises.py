"""What was promised: each line that an officer's process has told, kept by somebody who is never killed."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

HELD = "held"
QUEUED = "queued"
RECEIPT = "receipt"
WRONG = "wrong"
STALLED_S: Final = 400.0
"""A message that a partner could not take goes again within five minutes; longer, and something waits for what never comes."""


@dataclass(slots=True)
class Promises:
    """What one node has promised to its officer.

    Attributes:
        queued: messages of which the node said that they are on their way, with the mark that each bears in its text.
        held: messages of which it said that they wait for a second person.
        receipts: messages that were seen as receipted, with the name of the receipt.
        wrong: what the node answered that it must not answer.
    """

    queued: dict[str, str] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)
    receipts: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    @property
    def waiting(self) -> list[str]:
        """Messages that wait for a second person, as far as anybody was told."""
        return [ref for ref in self.held if ref not in self.queued]

    @property
    def unseen(self) -> list[str]:
        """Messages on their way whose receipt nobody has seen yet."""
        return [ref for ref in self.queued if ref not in self.receipts]

    def hear(self, line: bytes) -> None:
        """Keep one promise."""
        told = json.loads(line)
        kind, ref, detail = told["kind"], told["ref"], told["detail"]
        if kind == WRONG:
            self.wrong.append(f"{ref}: {detail}")
        else:
            {HELD: self.held, QUEUED: self.queued, RECEIPT: self.receipts}[kind][ref] = detail


class Progress:
    """Notices that officers get no further: none promises anything, and none sees a receipt."""

    def __init__(self, promises: Mapping[str, Promises], clock: Callable[[], float]) -> None:
        """Begin to look, by a clock in seconds."""
        self._promises = promises
        self._clock = clock
        self._seen = self._told()
        self._at = clock()

    def stalled(self) -> list[str]:
        """Return, once nothing has come for `STALLED_S`, what each officer waits for; before that nothing."""
        if (told := self._told()) != self._seen:
            self._seen, self._at = told, self._clock()
        if self._clock() < self._at + STALLED_S:
            return []
        return [
            f"{key}: nothing came for {STALLED_S:.0f} s; {len(each.unseen)} receipts unseen, {len(each.waiting)} letters held"
            for key, each in self._promises.items()
        ]

    def _told(self) -> int:
        return sum(len(each.held) + len(each.queued) + len(each.receipts) for each in self._promises.values())


def line(kind: str, ref: str, detail: str) -> bytes:
    """Return a promise as it goes through a pipe: short enough to go whole or not at all."""
    told: dict[str, Any] = {"kind": kind, "ref": ref, "detail": detail[:1000]}
    return json.dumps(told).encode() + b"\n"

"""What was promised: each line that an officer's process has told, kept by somebody who is never killed."""

import json
from dataclasses import dataclass, field
from typing import Any

HELD = "held"
QUEUED = "queued"
RECEIPT = "receipt"
WRONG = "wrong"


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


def line(kind: str, ref: str, detail: str) -> bytes:
    """Return a promise as it goes through a pipe: short enough to go whole or not at all."""
    told: dict[str, Any] = {"kind": kind, "ref": ref, "detail": detail[:1000]}
    return json.dumps(told).encode() + b"\n"

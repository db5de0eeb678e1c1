"""Letters of request at a node: written from the table of legal bases, numbered, kept; nothing is sent by itself."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from headwater.case.gate import look_at_bytes
from headwater.case.letter import Letter, letter_paper, write_letter
from headwater.case.paper import pdf_of
from headwater.case.views import same_node
from headwater.errors import ForbiddenError, HeadwaterError
from headwater.model.canonical import decode, encode
from headwater.node import cases
from headwater.node.node import Node
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Event
from headwater.store import Transaction

KIND: Final = "case-letters"


@dataclass(frozen=True, slots=True)
class Letters:
    """All letters of a case, oldest first."""

    letters: tuple[Letter, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """A letter and its paper."""

    letter: Letter
    pdf: bytes


def request(node: Node, session: Session, urn: str, to: str, items: Sequence[str]) -> Written:
    """Write a letter of request for items of a case. A person signs and sends it.

    Raises:
        PolicyError: the user may not, there is no such case, or no legal basis; a refusal is in the ledger too.
        SchemaError: an item is not in the case, or not of the node asked.
        MissingExtraError: typst is not installed.
    """
    may(session, Act.CASE_EXPORT)
    held = cases.hold(node, urn)
    ref = f"LOR-{urn}-{len(letters_of(node, urn)) + 1}"
    try:
        letter = write_letter(held.case, ref, node.authority, to, items)
    except HeadwaterError as error:
        detail: dict[str, str | int] = {"to": to, "code": error.code}
        node.store.note(Event("case.request-refused", session.user, urn, session.purpose, detail))
        raise
    paper = letter_paper(held.case, letter, node.authority)
    if look_at_bytes(paper.said().encode(), held.shield(node)).stops:
        raise ForbiddenError(
            "a protected person's identity stands in the letter", where=urn, fix="describe it otherwise"
        )

    def change(transaction: Transaction) -> Letter:
        body = transaction.document(KIND, urn)
        before = decode(body, Letters).letters if body else ()
        made = replace(letter, ref=f"LOR-{urn}-{len(before) + 1}")
        transaction.put_document(KIND, urn, encode(Letters((*before, made))))
        detail: dict[str, str | int] = {"to": to, "letter": made.ref, "items": len(made.items)}
        transaction.note(Event("case.requested", session.user, urn, session.purpose, detail))
        return made

    made = node.store.write(change)
    return Written(made, pdf_of(letter_paper(held.case, made, node.authority), node.clock.now()))


def letters_of(node: Node, urn: str) -> tuple[Letter, ...]:
    """Return the letters of a case, oldest first."""
    with node.store.snapshot() as snapshot:
        body = snapshot.document(KIND, urn)
    return decode(body, Letters).letters if body else ()


def written_to(letters: Sequence[Letter], ref: str, node: str, urn: str) -> bool:
    """Return whether an item can have come back under a letter or team of that name.

    A name of ours must be of a letter that was written to that node; a team's or an older letter's is the officer's word.
    """
    if not ref.upper().startswith(f"LOR-{urn}-"):
        return True
    return any(one.ref == ref.upper() and same_node(one.to, node) for one in letters)

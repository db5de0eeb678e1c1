"""Protected persons at a node: who they are lies in the vault, everywhere else stands a pseudonym of one case.

The documents kept in the store say which pseudonym has which entry and tell nothing of the person.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from headwater.case.protected import Shield, draw_pseudonym, shield_of
from headwater.model.canonical import decode, encode
from headwater.node.node import Node
from headwater.store import Snapshot, Transaction
from headwater.store.vault import Vault

KIND: Final = "protected-person"


@dataclass(frozen=True, slots=True)
class Subject:
    """One protected person in one case.

    Attributes:
        ref: the vault's entry.
        person: the person's identifier in the case folder.
        retain_until: day after which the entry is due for erasure, ISO 8601.
        erased: the entry's key was destroyed.
    """

    pseudonym: str
    ref: str
    case: str
    person: str
    category: str
    retain_until: str
    erased: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """What the vault holds of a person: field and value.

    Attributes:
        links: pseudonyms that an officer found to be the same person, in other cases.
    """

    fields: tuple[tuple[str, str], ...]
    links: tuple[str, ...] = ()

    @property
    def values(self) -> tuple[str, ...]:
        """The values that would tell who the person is."""
        return tuple(value for field, value in self.fields if field not in _TELLS_NOBODY)


_TELLS_NOBODY: Final = frozenset({"sex", "age", "nationality", "country", "language", "category"})


def vault(node: Node) -> Vault:
    """Return the node's vault."""
    return Vault(node.home, node.chance)


def keep(node: Node, before: Mapping[str, Subject], case: str, person: str, category: str, entry: Entry) -> Subject:
    """Put a person into the vault, and return the subject; who has a pseudonym in the case keeps it.

    Args:
        node: the node.
        before: the subjects of the case by person.
        case: the case's number.
        person: the person's identifier in the case folder.
        category: of the person.
        entry: what identifies the person.
    """
    known = before.get(person)
    until = (node.clock.now() + timedelta(days=node.settings.vault_days)).date().isoformat()
    ref = vault(node).put(encode(entry))
    pseudonym = known.pseudonym if known is not None else draw_pseudonym(node.chance)
    return Subject(pseudonym, ref, case, person, category, until)


def write(transaction: Transaction, subjects: Iterable[Subject]) -> None:
    """Keep which pseudonym has which entry."""
    for subject in subjects:
        transaction.put_document(KIND, subject.pseudonym, encode(subject))


def of_case(snapshot: Snapshot, case: str) -> dict[str, Subject]:
    """Return the subjects of a case by person."""
    return {subject.person: subject for subject in every(snapshot) if subject.case == case}


def every(snapshot: Snapshot) -> Iterator[Subject]:
    """Yield all subjects. For clocks and gates: no page and no command lists them."""
    for _, _, body in snapshot.documents(KIND):
        yield decode(body, Subject)


def entry_of(node: Node, subject: Subject) -> Entry:
    """Return what the vault holds of a person. Who may read it was decided before.

    Raises:
        ForbiddenError: it was erased.
    """
    return decode(vault(node).get(subject.ref), Entry)


def shield_for(node: Node, subjects: Iterable[Subject]) -> Shield:
    """Return the gate over some persons: it looks for what the vault holds, and shows it to nobody."""
    held = [subject for subject in subjects if not subject.erased]
    values = {subject.pseudonym: entry_of(node, subject).values for subject in held}
    return shield_of(values, {subject.pseudonym: subject.pseudonym for subject in held})

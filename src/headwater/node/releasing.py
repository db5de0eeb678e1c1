"""Items of a case that the vault keeps: released one by one into one view, by a person, for a time; never by default.

Whoever releases is of the safeguarding team, and whoever exports is not the same person. What is released is the item's
bytes, for this case and this view alone: another bundle, another view and other bytes under its reference show nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Final

from headwater.case.bundle import Released
from headwater.case.exhibit import reference_key
from headwater.case.gate import NAMED, look_at
from headwater.case.views import Audience, View, exhibit_path, shown_paths, statement_path
from headwater.errors import ForbiddenError, SchemaError
from headwater.model.canonical import decode, encode
from headwater.model.times import format_instant
from headwater.node import cases, protected
from headwater.node.case_intake import Hidden
from headwater.node.cases import Held
from headwater.node.node import Node
from headwater.node.protected import Subject
from headwater.policy.acts import Act
from headwater.policy.safeguarding import Consent, ItemRelease
from headwater.policy.session import Session, may
from headwater.ports import Event
from headwater.store import Transaction

KIND: Final = "item-release"
_ORIGINS: Final = frozenset({"nationality", "country"})


@dataclass(frozen=True, slots=True)
class Withheld:
    """An item that the vault keeps.

    Attributes:
        pseudonyms: the protected persons whom it names or who made it; none where nobody could look into it.
        releases: what somebody has decided about it.
    """

    ref: str
    pseudonyms: tuple[str, ...]
    releases: tuple[ItemRelease, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to release: the item, for whom, until when, why, and what allows it."""

    ref: str
    view: View
    until: datetime
    reason: str
    basis: str = ""
    consent: Consent = Consent.NONE
    origin: bool = False


@dataclass(frozen=True, slots=True)
class _Item:
    """An item that the vault keeps: where its file lies in the case, and where in a bundle."""

    ref: str
    file: str
    path: str
    hidden: Hidden
    maker: str = ""


def withheld(node: Node, session: Session, urn: str) -> list[Withheld]:
    """Return the items of a case that the vault keeps, for whoever decides about each; the look is logged.

    Raises:
        PolicyError: the user is not of the safeguarding team, looks for another purpose, or there is no such case.
    """
    may(session, Act.ITEM_RELEASE)
    held = cases.hold(node, urn)
    node.store.note(Event("vault.items-looked", session.user, urn, session.purpose))
    decided = _of_case(node, urn)
    return [
        Withheld(
            item.ref,
            tuple(sorted(one.pseudonym for one in _named(node, held, item))),
            tuple(one for one in decided if reference_key(one.ref) == reference_key(item.ref)),
        )
        for item in _items(held)
    ]


def release(node: Node, session: Session, urn: str, wish: Wish) -> ItemRelease:
    """Release one item into one view of a case, until a time.

    Raises:
        PolicyError: the user may not, there is no such item in the vault, or the rules ask for consent, a basis, or a word
            about the state a person comes from.
        SchemaError: there is no reason, the end has passed, or that view would not show the item anyway.
    """
    may(session, Act.ITEM_RELEASE)
    held = cases.hold(node, urn)
    item = _item(held, wish.ref)
    if wish.until <= node.clock.now():
        raise SchemaError("a release that has ended already", where="--until", fix="give a time to come")
    made = ItemRelease(
        case=urn,
        ref=item.ref,
        view=str(wish.view),
        state=wish.view.node.partition("-")[0].upper() if wish.view.audience is Audience.PARTNER else "",
        sha256=item.hidden.sha256,
        by=session.user,
        until=wish.until,
        reason=held.shield(node).cover(wish.reason),
        basis=wish.basis,
        consent=wish.consent,
        origin=wish.origin,
    )
    if made.state:
        made.check_origins(_origins(node, _named(node, held, item) or list(held.subjects.values())))
    if item.path not in shown_paths(held.case, wish.view, {item.path: None}, frozenset({item.path})):
        fix = (
            "a release decides about the person only: defence and court are shown what is relied on, partners their own"
        )
        raise SchemaError("this view would not show the item anyway", where=item.ref, fix=fix)

    def change(transaction: Transaction) -> None:
        transaction.put_document(KIND, _key(urn, made.ref, wish.view), encode(made))
        detail: dict[str, str | int] = {
            "case": urn,
            "view": made.view,
            "until": format_instant(made.until),
            "reason": made.reason,
            "basis": made.basis,
            "consent": made.consent.value,
        }
        transaction.note(Event("vault.item-released", session.user, made.ref, session.purpose, detail))

    node.store.write(change)
    return made


def withdraw(node: Node, session: Session, urn: str, ref: str, view: View, reason: str) -> None:
    """Take a release back; what went out is out, and stands in the ledger.

    Raises:
        PolicyError: the user may not, or nothing of that name was released into that view.
        SchemaError: no reason was given.
    """
    may(session, Act.ITEM_RELEASE)
    if not reason.strip():
        raise SchemaError("taken back without a reason", where="--reason", fix="say why")
    held = cases.hold(node, urn)
    item = _item(held, ref)
    said = held.shield(node).cover(reason)

    def change(transaction: Transaction) -> None:
        key = _key(urn, item.ref, view)
        if not transaction.document(KIND, key):
            raise ForbiddenError("not released into that view", where=item.ref, fix="see: headwater safeguard withheld")
        transaction.put_document(KIND, key, b"")
        detail: dict[str, str | int] = {"case": urn, "view": str(view), "reason": said}
        transaction.note(Event("vault.release-withdrawn", session.user, item.ref, session.purpose, detail))

    node.store.write(change)


def released(node: Node, session: Session, held: Held, view: View) -> dict[str, tuple[str, Released]]:
    """Return what may stand in a view now: by the file of the case, the path in a bundle and the item's bytes.

    Each is in the ledger as shown before its bytes are read.

    Raises:
        ForbiddenError: whoever exports has released one of them.
    """
    urn, now = held.case.matter.urn, node.clock.now()
    items = {reference_key(item.ref): item for item in _items(held)}
    found: dict[str, tuple[str, Released]] = {}
    for one in _of_case(node, urn):
        item = items.get(reference_key(one.ref))
        if item is None or one.view != str(view) or not one.opens(item.hidden.sha256, session.user, now):
            continue
        detail: dict[str, str | int] = {"case": urn, "view": one.view, "released_by": one.by}
        node.store.note(Event("vault.item-shown", session.user, item.ref, session.purpose, detail))
        found[item.file] = item.path, _reader(node, item.hidden.ref)
    return found


def _reader(node: Node, ref: str) -> Released:
    return lambda: protected.vault(node).pieces(ref)


def _items(held: Held) -> Iterator[_Item]:
    for exhibit in held.case.exhibits:
        if (hidden := held.hidden.get(exhibit.file.path)) is not None:
            yield _Item(exhibit.ref, exhibit.file.path, exhibit_path(exhibit), hidden)
    for one in held.case.statements:
        if (hidden := held.hidden.get(one.file.path)) is not None:
            yield _Item(one.id, one.file.path, statement_path(one), hidden, one.maker)


def _item(held: Held, ref: str) -> _Item:
    for item in _items(held):
        if reference_key(item.ref) == reference_key(ref):
            return item
    raise ForbiddenError("the vault keeps no such item of the case", where=ref, fix="see: headwater safeguard withheld")


def _named(node: Node, held: Held, item: _Item) -> list[Subject]:
    """Return the protected persons who made an item, or whom its bytes name."""
    data = b"".join(protected.vault(node).pieces(item.hidden.ref))
    return [
        subject
        for person, subject in held.subjects.items()
        if not subject.erased
        and (person == item.maker or look_at(BytesIO(data), protected.shield_for(node, [subject])).why == NAMED)
    ]


def _origins(node: Node, subjects: list[Subject]) -> Iterator[str]:
    """Yield the nationalities of persons, one empty text for each of whom none is recorded."""
    for subject in subjects:
        fields = protected.entry_of(node, subject).fields
        yield from [value.strip() for field, value in fields if field in _ORIGINS] or [""]


def _of_case(node: Node, urn: str) -> list[ItemRelease]:
    with node.store.snapshot() as snapshot:
        decided = [decode(body, ItemRelease) for _, _, body in snapshot.documents(KIND) if body]
    return [one for one in decided if one.case == urn]


def _key(urn: str, ref: str, view: View) -> str:
    return f"{urn}/{reference_key(ref)}/{view}"

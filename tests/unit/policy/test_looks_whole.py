"""Each look through the view, whole: what it gives, what it notes, and what it asks the store for (`looks_whole.json`).

What is asked is held too: a look that asks for each record by itself is right and, over a store of millions, never ends.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from headwater.errors import HeadwaterError
from headwater.model.decision import Decision, Verb
from headwater.model.entity import Entity
from headwater.model.fact import fact_id
from headwater.model.finding import Evidence, EvidenceKind, Finding
from headwater.model.handling import UNRESTRICTED, Handling
from headwater.model.ids import BlobHash, EntityKey, FactId, FindingId, RecordId
from headwater.model.record import PersonCategory, Record
from headwater.model.seen import Seen
from headwater.model.times import parse_instant
from headwater.policy import view as guarded
from headwater.policy.redaction import withhold
from headwater.ports import Guarded
from tests.frozen import hold
from tests.unit.policy.view_kit import (
    PROTECTION,
    MemoryAudit,
    MemoryReader,
    finding,
    person,
    record,
    session,
    thing,
    view,
)

HELD: Final = Path(__file__).with_name("looks_whole.json")
VICTIM: Final = person("anna", PersonCategory.VICTIM)
ANNA, IVO, CAR = person("anna"), person("ivo"), thing("car")
COURT: Final = Handling(purposes=frozenset({"court"}))
NAMES: Final = {
    "car": record(CAR, facts=(("car", "model", "Kombi"),), source="one"),
    "ivo": record(IVO, facts=(("ivo", "name", "Ivo Test"),), source="one", blobs=("p1",)),
    "anna": record(ANNA, CAR, facts=(("anna", "name", "Anna Test"), ("car", "model", "Kombi")), source="one", tables=("t1",)),
    "victim": record(VICTIM, facts=(("anna", "name", "Anna"), ("anna", "nationality", "xx")), source="two", blobs=("p2",)),
    "hidden": record(ANNA, CAR, facts=(("car", "model", "Kombi"),), source="one", handling=COURT, blobs=("p3",)),
    "plain": record(CAR, facts=(("car", "model", "Kombi"),), source="two", blobs=("p1", "p4"), tables=("t2",)),
}  # fmt: skip
CLAIMS: Final = {
    "on ivo": finding(Evidence.record(NAMES["ivo"].id), text="on ivo"),
    "on anna": finding(Evidence.record(NAMES["anna"].id), text="on anna"),
    "on a fact": finding(Evidence.fact(fact_id(NAMES["anna"].id, 1)), text="on a fact"),
    "on a withheld fact": finding(Evidence.fact(fact_id(NAMES["anna"].id, 0)), text="on a withheld fact"),
    "on hidden": finding(Evidence.record(NAMES["hidden"].id), text="on hidden"),
    "on files": finding(Evidence.blob(BlobHash("p1")), Evidence(EvidenceKind.TABLE_ROW, "t2#3"), text="on files"),
    "on a victim's picture": finding(Evidence.blob(BlobHash("p2")), text="on a victim's picture"),
    "for court": finding(Evidence.record(NAMES["ivo"].id), handling=COURT, text="for court"),
    "on two": finding(Evidence.record(NAMES["ivo"].id), Evidence.record(NAMES["hidden"].id), text="on two"),
}  # fmt: skip
CALLED: Final = {one.id: name for name, one in NAMES.items()} | {one.id: name for name, one in CLAIMS.items()}


def name_of(thing: Any) -> Any:
    """A record, finding or identifier by its name here; of what is seen in part, also which places."""
    if isinstance(thing, Seen):
        return f"{CALLED[thing.whole]} {list(thing.places)}"
    if isinstance(thing, Record | Finding):
        return CALLED[thing.id]
    if isinstance(thing, Entity):
        return [thing.schema, thing.protected, [name_of(one.id) for one in thing.statements]]
    if isinstance(thing, Decision):
        return thing.reason
    if isinstance(thing, memoryview):
        return thing.tobytes().decode()
    if isinstance(thing, dict):
        return {name_of(key): name_of(value) for key, value in thing.items()}
    if isinstance(thing, str):
        ref, slash, place = thing.partition("/")
        return CALLED.get(RecordId(ref), ref) + slash + place
    return thing if isinstance(thing, int | None) else [name_of(one) for one in thing]


@dataclass
class Asked(MemoryReader):
    """Remembers what it was asked for, and when each record of a stream was taken."""

    asked: list[str] = field(default_factory=list)

    def _note(self, what: str, *about: Any) -> None:
        told = (
            sorted(map(str, map(name_of, one)))
            if isinstance(one, Collection) and not isinstance(one, str)
            else name_of(one)
            for one in about
        )
        self.asked.append(" ".join([what, *(str(one) for one in told)]))

    def records(self, *, source: str | None = None, mentions: EntityKey | None = None) -> Iterator[Record]:
        self._note("records", source, mentions)
        yield from sorted(super().records(source=source, mentions=mentions), key=[*NAMES.values()].index)

    def record(self, ref: RecordId) -> Record | None:
        self._note("record", ref)
        return super().record(ref)

    def several(self, refs: Collection[RecordId]) -> dict[RecordId, Record]:
        self._note("several", refs)
        return {ref: one for ref in refs if (one := super(Asked, self).record(ref)) is not None}

    def refs_about(self, keys: Collection[EntityKey], most: int) -> list[tuple[EntityKey, RecordId]] | None:
        self._note("refs_about", keys, most)
        found = [(key, one.id) for key in keys for one in self.kept if one.mention(key)]
        return found if len(found) <= most else None

    def refs_holding(self, files: Collection[BlobHash], most: int) -> list[tuple[BlobHash, RecordId]] | None:
        self._note("refs_holding", files, most)
        return super().refs_holding(files, most)

    def findings(self, *, after: int = 0) -> Iterator[Finding]:
        self._note("findings", after)
        yield from self.claims[after:]

    def finding(self, ref: FindingId) -> Finding | None:
        self._note("finding", ref)
        return super().finding(ref)

    def decisions(self, about: str | None = None) -> Iterator[Decision]:
        self._note("decisions", about)
        return super().decisions(about)

    def blob(self, ref: BlobHash) -> memoryview | None:
        self._note("blob", ref)
        return super().blob(ref)

    def table_path(self, ref: BlobHash) -> str | None:
        self._note("table_path", ref)
        return super().table_path(ref)


AT: Final = parse_instant("2026-03-01T08:00:00Z")
DECIDED: Final = [
    Decision(verb=Verb.CONFIRM, about=about, who="bo", decided_at=AT, basis="oic", reason=f"about {name}")
    for name, about in (("ivo", NAMES["ivo"].id), ("hidden", NAMES["hidden"].id), ("on ivo", CLAIMS["on ivo"].id), ("on hidden", CLAIMS["on hidden"].id), ("a message", "m-1"))
]  # fmt: skip
Look = Callable[[Guarded], Any]
EVERY: Final = [one.id for one in NAMES.values()]
FILES: Final = [BlobHash(one) for one in ("p1", "p2", "p3", "p4", "t1", "t2", "none")]


def singly(take: Callable[[Any], Any], some: Iterable[Any]) -> list[Any]:
    """What is given for each of some, or the refusal."""
    found = []
    for one in some:
        try:
            found.append(name_of(take(one)))
        except HeadwaterError as error:
            found.append(error.what)
    return found


LOOKS: Final[dict[str, Look]] = {
    "everything": lambda seen: list(seen.records()),
    "one source": lambda seen: list(seen.records(source="one")),
    "two sources": lambda seen: [*seen.records(source="one"), *seen.records(source="two")],
    "one thing": lambda seen: list(seen.records(mentions=EntityKey("car"))),
    "one thing of a source": lambda seen: list(seen.records(source="two", mentions=EntityKey("car"))),
    "a protected person": lambda seen: list(seen.records(mentions=EntityKey("anna"))),
    "no such source": lambda seen: list(seen.records(source="none")),
    "the first of everything": lambda seen: next(seen.records()),
    "each record": lambda seen: singly(seen.record, [*EVERY, RecordId("rec-none")]),
    "several": lambda seen: seen.several([*reversed(EVERY), RecordId("rec-none"), EVERY[0]], "queue"),
    "none of several": lambda seen: seen.several([], "queue"),
    "holders": lambda seen: seen.holders(FILES, "queue"),
    "holders of nothing": lambda seen: seen.holders([], "queue"),
    "holders of one": lambda seen: seen.holders([BlobHash("p1")], "queue"),
    "each fact": lambda seen: singly(seen.fact, [fact_id(ref, at) for ref in EVERY for at in range(3)] + [FactId("rec-none/0")]),
    "each thing": lambda seen: singly(seen.entity, map(EntityKey, ("anna", "ivo", "car", "none"))),
    "findings": lambda seen: list(seen.findings()),
    "later findings": lambda seen: list(seen.findings(after=4)),
    "findings twice": lambda seen: [*seen.findings(), *seen.findings()],
    "findings, then files": lambda seen: [*seen.findings(), singly(seen.blob, FILES)],
    "each finding": lambda seen: singly(seen.finding, [*(one.id for one in CLAIMS.values()), FindingId("fnd-none")]),
    "decisions": lambda seen: singly(seen.decisions, [*dict.fromkeys(one.about for one in DECIDED), "rec-none", "fnd-none"]),
    "each blob": lambda seen: singly(seen.blob, FILES),
    "each table": lambda seen: singly(seen.table_path, FILES),
    "a source, then its files": lambda seen: [*seen.records(source="one"), *singly(seen.blob, FILES[:3]), *singly(seen.table_path, FILES[4:6])],
    "a blob twice": lambda seen: [seen.blob(FILES[0]), seen.blob(FILES[0]), singly(seen.blob, [FILES[2], FILES[2]])],
    "what is made": lambda seen: [seen.derived("index", lambda: b"made"), seen.derived("index", lambda: b"anew")],
    "everything, then all else": lambda seen: [*seen.records(), *seen.records(source="one"), *seen.findings(), *singly(seen.blob, FILES), seen.several(EVERY, "queue")],
}  # fmt: skip
WHO: Final = {
    "analyst": session(),
    "safeguarding": session(*PROTECTION),
    "for court": session("court"),
}
FEW: Final = {"RECORDS_OF_A_PART": 1, "MOST_PARTS": 2, "MOST_AT_ONCE": 1, "FINDINGS_OF_A_PART": 2}
SMALL: Final = {
    "as it is": {},
    "in small parts": FEW,
    **{f"{name} {value}": {name: value} for name, value in FEW.items()},
}


def told(look: Look, who: str) -> dict[str, Any]:
    reader, audit = Asked([*NAMES.values()], [*CLAIMS.values()], DECIDED), MemoryAudit()
    gave = name_of(look(view(reader, WHO[who], audit)))
    noted = [f"{one.kind} {one.who} {name_of(one.subject)} {one.purpose}" for one in audit.events]
    made = ["@".join((name.partition("@")[0], "...")) for name in reader.artefacts]
    return {"gave": gave, "asked": reader.asked, "noted": noted, "kept": made}


@pytest.mark.parametrize("look", LOOKS)
def test_a_look_gives_notes_and_asks_for_what_it_did(look: str) -> None:
    hold(HELD, look, {who: told(LOOKS[look], who) for who in WHO})


@pytest.mark.parametrize("part", SMALL)
def test_what_is_looked_through_in_parts_gives_the_same(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = {look: told(LOOKS[look], "analyst") for look in LOOKS}
    for name, value in SMALL[part].items():
        monkeypatch.setattr(guarded, name, value)
    parts = {look: told(LOOKS[look], "analyst") for look in LOOKS}
    assert {look: one["gave"] for look, one in parts.items()} == {look: one["gave"] for look, one in whole.items()}
    hold(
        HELD,
        f"in parts: {part}",
        {look: one["asked"] for look, one in parts.items() if one["asked"] != whole[look]["asked"]},
    )


def test_a_vehicle_of_a_protected_person_stays_and_a_text_is_no_tie() -> None:
    note = (thing("note", "Note"), thing("car"), VICTIM)
    kept = record(
        *note,
        facts=(("car", "owner", "anna"), ("note", "summary", "anna"), ("note", "name", "A note")),
        handling=UNRESTRICTED,
    )
    assert withhold(kept, lambda _: False) is kept
    tied = record(*note, facts=(("car", "owner", "anna"), ("note", "entity", "anna"), ("note", "name", "A note")))
    assert [fact.entity for fact in withhold(tied, lambda _: False).facts] == ["car"]

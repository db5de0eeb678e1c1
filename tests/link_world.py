"""Made-up records of three states for the tests of linking. No one in here exists."""

from collections.abc import Mapping, Sequence
from typing import Any

from headwater.engines.match.link.units import Unit, units_of
from headwater.model.fact import Fact
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, EntityKey
from headwater.model.record import Mention, Origin, PersonCategory, Record

BELGRADE, PRISTINA, LONDON = "RS-MOI", "XK-KP", "UK-NCA"


def told(
    originator: str,
    key: str,
    *,
    schema: str = "Person",
    category: PersonCategory = PersonCategory.SUSPECT,
    handling: Handling | None = None,
    place: str | None = None,
    **facts: str | Sequence[str],
) -> Record:
    """One record of one state about one thing: its facts by FollowTheMoney name, each one value or several."""
    entity = EntityKey(key)
    said = [
        Fact(entity, prop, value)
        for prop, values in facts.items()
        for value in ([values] if isinstance(values, str) else values)
    ]
    return Record(
        origin=Origin(AuthorityId(originator), "things-csv", "records.csv", None, None, place or f"row {key}"),
        handling=handling or Handling(purposes=frozenset({"oic"}), codes=frozenset({"P"})),
        mentions=(Mention(entity, schema, category if schema == "Person" else None),),
        facts=tuple(said),
    )


def organiser() -> tuple[Record, ...]:
    """Three states that speak of one organiser, each in its own spelling; beside him his twin, a cousin, a stranger."""
    return (
        told(
            BELGRADE, "rs-1", name="Ђорђе Измишљеновић", birthDate="1975-03-04", phone="+381 60 1234567", gender="male"
        ),
        told(
            PRISTINA, "xk-1", name="Gjorgje Izmishljenoviq", birthDate="1975-03-04", idNumber="T11122233", gender="male"
        ),
        told(LONDON, "uk-1", name="Djordje Izmisljenovic", birthDate="1975-04-03", phone="0060 1234567", gender="male"),
        told(BELGRADE, "rs-2", name="Живорад Измишљеновић", birthDate="1975-03-04", gender="male"),
        told(PRISTINA, "xk-3", name="Gjorgje Shpikuri", birthDate="1990-12-30"),
        told(LONDON, "uk-4", name="Prudence Quillfeather", birthDate="1991-04-04", gender="female"),
    )


def things() -> tuple[Record, ...]:
    """Firms, lorries and a ship of which two states speak."""
    return (
        told(BELGRADE, "rs-f", schema="Company", name="ИЗМИШЉЕНОВИЋ ШПЕДИЦИЈА ДОО", registrationNumber="20991122"),
        told(LONDON, "uk-f", schema="Company", name="Izmišljenović Špedicija Ltd", phone="+381 11 7654321"),
        told(LONDON, "uk-g", schema="Company", name="Nonesuch Haulage Ltd"),
        told(BELGRADE, "rs-v", schema="Vehicle", registrationNumber="ZZ 018-BS", model="Testwagen Kombi"),
        told(PRISTINA, "xk-v", schema="Vehicle", registrationNumber="ZZO18BS", model="Testwagen Kombi"),
        told(PRISTINA, "xk-w", schema="Vehicle", registrationNumber="ZZ777XX"),
        told(BELGRADE, "rs-s", schema="Vessel", name="TEST HERON", imoNumber="9074729"),
        told(LONDON, "uk-s", schema="Vessel", name="Test Heron", imoNumber="IMO 9074729"),
    )


def units(records: Sequence[Record]) -> dict[str, Unit]:
    """The units of some records by name."""
    return {unit.name: unit for unit in units_of(records)}


def judged(verdict: str, *names: str, at: str = "2026-05-01T00:00:00Z", decision: str = "dec-1") -> Mapping[str, Any]:
    """A judgement as a parameter of the engine."""
    return {"at": at, "decision": decision, "verdict": verdict, "units": list(names)}

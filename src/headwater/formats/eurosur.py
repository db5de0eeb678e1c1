"""Drafts of EUROSUR single event reports: Implementing Regulation (EU) 2021/581, articles 9, 16, 17 and 20, annex 2.

A draft is not a report: a person completes and sends it. The first one is due within 24 hours of the authority's becoming aware of
the event (article 9(3)), the report that a search and rescue is over within 24 hours of its end (article 20(6)). A draft holds what
the sensors say, names what only people know, and leaves that open.

The regulation names what a report holds in words and sets no data format. The names here are those words in camel case: point 1 of
annex 2 (unauthorised border crossing), articles 9, 16 and 17. Those of point 8 (search and rescue) beyond its link to point 1 are
not checked against the Official Journal; `unverified` in each such draft says which they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from headwater.errors import Place, SchemaError
from headwater.model.times import format_instant, parse_instant

FIRST_REPORT_H: Final = 24
CLOSURE_H: Final = 24
SCHEMA: Final = "headwater/eurosur-draft/1"
CROSSING, RESCUE = "1", "8"
"""Points of annex 2."""
OUTCOMES: Final = ("rescued", "reached-shore", "not-found", "recovered-dead", "no-event")
"""How a search and rescue ended; what became of each person is told elsewhere and to others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EurosurEvent:
    """What is known of one event.

    Attributes:
        identifier: unique and stable.
        rescue: whether it is an event of search and rescue (article 20).
        moment: when it began.
        aware: when the authority became aware of it: the 24 hours of the first report run from then.
        lat, lon: where, WGS 84 degrees.
        score: how sure the engine is, 0 to 1.
        craft: what it is on or in; empty where not known.
        persons: band of how many, empty where not known.
        sensors: names of the sensors.
        description: in words.
    """

    identifier: str
    rescue: bool
    moment: datetime
    aware: datetime
    lat: float
    lon: float
    score: float
    craft: str
    persons: str
    sensors: tuple[str, ...]
    description: str


def write_event_draft(event: EurosurEvent) -> bytes:
    """Return the draft of a first report as JSON."""
    point = RESCUE if event.rescue else CROSSING
    draft: dict[str, Any] = {
        "schema": SCHEMA,
        "draft": True,
        "regulation": "(EU) 2021/581",
        "annex2Point": point,
        "report": {"kind": "first", "eventIdentifier": event.identifier, "linkedReports": []},
        "firstReportDue": format_instant(event.aware + timedelta(hours=FIRST_REPORT_H)),
        "sentAt": None,
        "title": event.description.split(".", maxsplit=1)[0],
        "description": event.description,
        "typeOfEvent": {"illegalBorderCrossing": None if event.rescue else "attempted", "overtOrClandestine": None},
        "circumstancesOfEvent": _circumstances(event),
        "metadata": {
            # Article 16(2): credibility is what the engine can tell; source and validation are for a person.
            "confidenceLevel": {
                "credibilityOfInformation": round(event.score, 2), "reliabilityOfSource": None, "validationStatus": "not validated",
            },
            "impactLevel": None,
            "source": sorted(event.sensors),
        },
        "responseOfAuthorities": {"taken": None, "planned": None},
    }  # fmt: skip
    if event.rescue:
        draft["searchAndRescue"] = {
            "personsAtRisk": event.persons or None, "rescueCoordinationCentre": None, "placeOfSafety": None, "status": "ongoing",
        }  # fmt: skip
        draft["unverified"] = [f"searchAndRescue.{name}" for name in draft["searchAndRescue"]]
    draft["toBeCompletedByAPerson"] = sorted(_open(draft))
    return orjson.dumps(draft, option=orjson.OPT_INDENT_2)


def _circumstances(event: EurosurEvent) -> dict[str, Any]:
    return {
        "time": format_instant(event.moment),
        "place": {"type": "Point", "coordinates": [round(event.lon, 6), round(event.lat, 6)]},
        "destinationPlace": None,
        "lastCountryOfEmbarkation": None,
        "destinationCountry": None,
        "purposeOfIllegalCrossing": None,
        "circumstancesOfDetection": "during a border surveillance operation",
        "attemptsToEvadeBorderControl": None,
        "meansOfTransport": event.craft or None,
        "numberOfPersons": event.persons or None,
    }


def _open(found: Mapping[str, Any], path: str = "") -> list[str]:
    """Return the paths of everything that is left open, but for when the draft was sent."""
    names: list[str] = []
    for name, value in found.items():
        if value is None and name != "sentAt":
            names.append(path + name)
        elif isinstance(value, Mapping):
            names += _open(value, f"{path}{name}.")
    return names


def read_draft(given: Mapping[str, Any], file: str) -> dict[str, Any]:
    """Return a draft that was written here and perhaps completed by a person.

    Raises:
        SchemaError: it is none.
    """
    report = given.get("report")
    if (
        given.get("schema") != SCHEMA
        or not isinstance(report, Mapping)
        or report.get("kind") not in ("first", "closure")
    ):
        raise SchemaError("no EUROSUR draft", where=Place(file=file, field="schema"))
    parse_instant(str(given.get(due_field(given))), field=due_field(given))
    if given.get("sentAt") is not None:
        parse_instant(str(given["sentAt"]), field="sentAt")
    return dict(given)


def due_field(draft: Mapping[str, Any]) -> str:
    """Return the name of the field that says by when a draft must be sent."""
    return "closureReportDue" if draft["report"]["kind"] == "closure" else "firstReportDue"


def write_closure_draft(first: Mapping[str, Any], ended: datetime, outcome: str) -> bytes:
    """Return the draft of the report that a search and rescue is over.

    Args:
        first: the draft of its first report.
        ended: when it ended.
        outcome: one of `OUTCOMES`.

    Raises:
        SchemaError: the event is none of search and rescue, or ended before it began, or the outcome is unknown.
    """
    if first.get("annex2Point") != RESCUE or first["report"]["kind"] != "first":
        raise SchemaError("no first report of a search and rescue", where=Place(field="annex2Point"))
    if outcome not in OUTCOMES:
        raise SchemaError("no such outcome", where=Place(field="outcome"), fix=f"use one of {', '.join(OUTCOMES)}")
    if ended < parse_instant(str(first["circumstancesOfEvent"]["time"]), field="time"):
        raise SchemaError("it ended before it began", where=Place(field="ended"))
    event = first["report"]["eventIdentifier"]
    draft = {
        "schema": SCHEMA,
        "draft": True,
        "regulation": "(EU) 2021/581",
        "annex2Point": RESCUE,
        "report": {"kind": "closure", "eventIdentifier": event, "linkedReports": [f"{event}/first"]},
        "closureReportDue": format_instant(ended + timedelta(hours=CLOSURE_H)),
        "sentAt": None,
        "title": f"Closed: {first['title']}",
        "endedAt": format_instant(ended),
        "outcome": outcome,
        "firstReportSentAt": first.get("sentAt"),
        "searchAndRescue": {**first["searchAndRescue"], "status": "closed", "personsRescued": None, "personsMissing": None},
        "unverified": ["outcome", *(f"searchAndRescue.{name}" for name in (*first["searchAndRescue"], "personsRescued", "personsMissing"))],
    }  # fmt: skip
    draft["toBeCompletedByAPerson"] = sorted(_open(draft))
    return orjson.dumps(draft, option=orjson.OPT_INDENT_2)

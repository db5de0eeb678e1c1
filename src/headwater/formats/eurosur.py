"""A draft of a EUROSUR single event report: Implementing Regulation (EU) 2021/581, articles 9, 16, 17 and 20, annex 2.

A draft is not a report: a person completes and sends it, the first within 24 hours of the event (article 9). It holds what the
sensors say and leaves open what only people know.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import orjson

from headwater.model.times import format_instant

FIRST_REPORT_H: Final = 24
CONFIDENCE: Final = ((0.9, "certain"), (0.6, "probable"), (0.0, "unconfirmed"))


@dataclass(frozen=True, slots=True, kw_only=True)
class EurosurEvent:
    """What is known of one event.

    Attributes:
        identifier: unique and stable.
        rescue: whether it is an event of search and rescue (article 20).
        moment: when it began.
        lat, lon: where, WGS 84 degrees.
        score: how sure the engine is.
        persons: band of how many, empty where not known.
        sensors: kinds of sensor.
        description: in words.
    """

    identifier: str
    rescue: bool
    moment: datetime
    lat: float
    lon: float
    score: float
    persons: str
    sensors: tuple[str, ...]
    description: str


def write_event_draft(event: EurosurEvent) -> bytes:
    """Return the draft as JSON, its fields named as the annex names them, in camel case."""
    confidence = next(word for least, word in CONFIDENCE if event.score >= least)
    draft = {
        "draft": True,
        "regulation": "(EU) 2021/581",
        "uniqueIdentifier": event.identifier,
        "type": "search and rescue" if event.rescue else "unauthorised border crossing",
        "title": event.description.split(".", maxsplit=1)[0],
        "description": event.description,
        "timeStamp": format_instant(event.moment),
        "location": {"type": "Point", "coordinates": [round(event.lon, 6), round(event.lat, 6)]},
        "status": "ongoing",
        "confidenceLevel": {"source": "sensor", "information": confidence},
        "impactLevel": None,
        "source": sorted(event.sensors),
        "attributes": {
            "numberOfPersons": event.persons or None,
            "meansOfTransport": None if event.rescue and not event.persons else "boat",
            "nationalities": None,
        },
        "ownAssets": None,
        "firstReportDue": format_instant(event.moment + timedelta(hours=FIRST_REPORT_H)),
        "toBeCompletedByAPerson": ["impactLevel", "ownAssets", "attributes.nationalities", "status"],
    }
    return orjson.dumps(draft, option=orjson.OPT_INDENT_2)

"""The pages with pictures, and those of one room each: their modules, what each route takes, where they stand in the navigation."""

from collections.abc import Mapping
from typing import Final

from headwater.policy.acts import Act

MODULES: Final = ("map", "alerts", "charts", "timeline", "payments", "figures", "lists", "scans")
TABLE: Final[Mapping[tuple[str, str], Act]] = {
    ("GET", "/map"): Act.FINDING_LOOK,
    ("GET", "/alerts"): Act.FINDING_LOOK,
    ("GET", "/charts"): Act.FINDING_LOOK,
    ("POST", "/charts"): Act.FINDING_LOOK,
    ("GET", "/charts/{ref}"): Act.FINDING_LOOK,
    ("POST", "/charts/{ref}"): Act.FINDING_LOOK,
    ("GET", "/timeline/{case}"): Act.CASE_LOOK,
    ("GET", "/payments"): Act.FINDING_LOOK,
    ("GET", "/payments/{ref}"): Act.FINDING_LOOK,
    ("GET", "/scans"): Act.RECORD_LOOK,
    ("GET", "/scans/{ref}"): Act.RECORD_LOOK,
    ("GET", "/scans/{ref}/picture.png"): Act.RECORD_LOOK,
    ("GET", "/scans/{ref}/pixels"): Act.RECORD_LOOK,
    ("GET", "/scans/{ref}/materials"): Act.RECORD_LOOK,
    ("GET", "/figures"): Act.FIGURES_RUN,
    ("GET", "/figures/{series}"): Act.FIGURES_RUN,
    ("GET", "/lists"): Act.RECORD_LOOK,
    ("GET", "/lists/{source}"): Act.RECORD_LOOK,
}
PLACES: Final = (
    ("/alerts", "alerts", "Alerts", Act.FINDING_LOOK),
    ("/map", "map", "Map", Act.FINDING_LOOK),
    ("/charts", "charts", "Charts", Act.FINDING_LOOK),
    ("/payments", "payments", "Payments", Act.FINDING_LOOK),
    ("/scans", "scans", "Scans", Act.RECORD_LOOK),
    ("/figures", "figures", "Figures", Act.FIGURES_RUN),
    ("/lists", "lists", "Lists", Act.RECORD_LOOK),
)

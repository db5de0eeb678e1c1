"""What a scan's alarms are put in order by: persons first, whatever else stands out more."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from headwater.engines.scan import explain
from headwater.engines.scan.assess import Judged, alarms
from headwater.engines.scan.detector import Places
from headwater.engines.scan.explain import Alarm
from headwater.model.scan import Reading, ReadingKind
from tests.scan_world import image

CO2 = Reading(ReadingKind.CO2, alarm=True, p_d=0.9, p_fa=0.03)


def told(name: str, value: float, threshold: float, *_: Any) -> Alarm:
    return Alarm(name, value, threshold, (0, 0, 1, 1), (0.0, 0.0, 1.0, 1.0), None, None, None, None, None)


def kinds(monkeypatch: pytest.MonkeyPatch, scores: dict[str, float], **meta: Any) -> list[str]:
    """The kinds of the alarms of a scan whose classes stand out so much, over a threshold of one."""
    monkeypatch.setattr(explain, "alarm", told)
    there: Any = object()
    marks = tuple(Places(name, score, (0.0, 1.0, 0.0, 1.0)) for name, score in scores.items())
    one = Judged(image(np.full((2, 8, 8), 60_000, np.uint16), **meta), None, there, there, marks, ())
    site: Any = SimpleNamespace(laws={name: SimpleNamespace(unusual=float) for name in scores})
    point: Any = SimpleNamespace(threshold=1.0)
    return [alarm.kind for alarm in alarms(one, site, point)]


def test_a_person_comes_before_what_stands_out_more(monkeypatch: pytest.MonkeyPatch) -> None:
    found = kinds(monkeypatch, {"rifle": 9.0, "drugs": 5.0, "person": 2.0})
    assert found == ["person", "weapon", "drugs"]


def test_what_other_sensors_alone_call_for_comes_first_too(monkeypatch: pytest.MonkeyPatch) -> None:
    found = kinds(monkeypatch, {"rifle": 9.0, "person": 0.5}, readings=(CO2,))
    assert found == ["person", "weapon"]

"""The scan engine keeps the contract of every engine, and refuses what is no evidence."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from headwater.engines.scan.cells import Cells
from headwater.engines.scan.classes import ITEMS, log_odds
from headwater.engines.scan.detector import Answers
from headwater.engines.scan.engine import ScanEngine
from headwater.engines.scan.site import Law, Site
from headwater.errors import ForbiddenError, SchemaError
from headwater.formats.scan_read import read_scan
from headwater.formats.scan_write import neutral_tiff
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, BlobHash
from headwater.model.record import Origin, Record
from headwater.model.scan import ImageKind, Reading, ReadingKind, ScanImage
from headwater.testing.engine_contract import RULES, EngineCase
from headwater.testing.memory_view import MemoryView
from tests.scan_world import META, wedge


class Dark:
    """A detector that takes whatever is thick for drugs: the contract is about findings, not about finding."""

    def answers(self, seen: Cells, depth: Any, mm: tuple[float, float]) -> Answers:
        made = np.zeros((*seen.blocked.shape, len(ITEMS)), np.float32)
        made[..., 1] = np.clip(seen.areal / 100.0, 0.0, 0.99)
        made[..., 0] = np.clip((seen.areal - 70.0) / 100.0, 0.0, 0.99)
        return Answers(log_odds(made), made)


def decode(record: Record, data: memoryview) -> ScanImage:
    """Read an image as the node does."""
    return read_scan(data, record.origin.file or "", lambda _: None)


LAWS = {name: Law(-8.0, 1.0) for name in ITEMS}
PARAMS: dict[str, object] = {
    "decode": decode, "detector": Dark(), "model": "f" * 64, "fa": 0.05,
    "site": Site(LAWS, tuple(float(one) / 100 for one in range(40)), {}, (), "f" * 64, own=True),
}  # fmt: skip


def record_of(data: bytes, number: int) -> tuple[Record, BlobHash]:
    """A record that owns an image."""
    blob = BlobHash(f"{number}" * 64)
    origin = Origin(AuthorityId("RS-MOI"), "scan", file=f"scan-{number}.tif")
    return Record(origin=origin, handling=Handling(codes=frozenset({"P"})), mentions=(), facts=(), blobs=(blob,)), blob


@pytest.fixture(scope="module")
def case() -> EngineCase:
    """Two images in two records."""
    pixels = wedge()[0].pixels
    made = [record_of(b"", number) for number in (1, 2)]
    blobs = {
        blob: neutral_tiff(pixels[:, ::2, 80 * number + 500 : 80 * number + 740], replace(META, mm_y=10.0))
        for number, (_, blob) in enumerate(made)
    }
    return EngineCase(
        engine=ScanEngine(), records=tuple(record for record, _ in made), params=PARAMS, hidden=frozenset({made[0][0].id}), blobs=blobs,
    )  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_scan_keeps(rule: Callable[[EngineCase], None], case: EngineCase) -> None:
    rule(case)


def test_persons_stand_before_all_else_and_evidence_names_the_image(case: EngineCase) -> None:
    findings = list(case.run(case.records))
    kinds = [finding.kind for finding in findings]
    assert kinds[0] == "scan.rescue"
    assert kinds == sorted(kinds, key=lambda kind: kind != "scan.rescue")
    assert {finding.evidence[0].ref for finding in findings} <= {record.blobs[0] for record in case.records}


def test_an_image_that_was_made_is_no_evidence() -> None:
    record, blob = record_of(b"", 1)
    data = neutral_tiff(wedge()[0].pixels, replace(META, image_kind=ImageKind.TIP))
    with pytest.raises(ForbiddenError, match="no evidence"):
        list(ScanEngine().run(MemoryView([record], blobs={blob: data}), PARAMS))


def test_other_sensors_alone_can_call_for_rescue() -> None:
    record, blob = record_of(b"", 1)
    meta = replace(META, readings=(Reading(ReadingKind.CO2, alarm=True, p_d=0.95, p_fa=0.01),))
    blank = np.full((2, 80, 160), 52_000, np.uint16)
    (found,) = ScanEngine().run(MemoryView([record], blobs={blob: neutral_tiff(blank, meta)}), PARAMS)
    assert found.kind == "scan.rescue"
    assert any("carbon dioxide" in reason.text for reason in found.reasons)


@pytest.mark.parametrize(
    "change",
    [{"more": 1}, {"fa": True}, {"fa": 0.0}, {"site": None}, {"detector": None}, {"decode": None}, {"images": 5}],
)
def test_parameters_that_make_no_sense_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(SchemaError):
        list(ScanEngine().run(MemoryView([]), {**PARAMS, **change}))

"""Each order of events in a chain of custody: whoever had not received a thing did nothing to it without a gap."""

from datetime import timedelta
from itertools import product
from pathlib import Path

from headwater.case.custody import CustodyEvent, CustodyKind, chain_faults
from tests.case_world import NOON, made_case

TAKES = frozenset({CustodyKind.SEIZED, CustodyKind.RECEIVED})


def gap(before: CustodyKind, then: CustodyKind, *, same: bool) -> bool:
    """Whether it is not known who had the thing, where one did the first and the same or another did the second."""
    if then in TAKES:
        return False
    if before is CustodyKind.RETURNED:
        return True
    return not same and before is not CustodyKind.MOVED


def test_what_is_done_by_somebody_who_had_not_received_it_is_a_gap_whatever_it_is(tmp_path: Path) -> None:
    exhibit = made_case(tmp_path).exhibits[0]
    for before, then, same in product(CustodyKind, CustodyKind, (True, False)):
        steps = [("P5", CustodyKind.SEIZED), ("P5", before), ("P5" if same else "P6", then)]
        chain = [
            CustodyEvent(
                exhibit=exhibit.ref, kind=kind, by=by, at=NOON + timedelta(hours=number), place="lane 2", sha256=None
            )
            for number, (by, kind) in enumerate(steps)
        ]
        faults = [fault for fault in chain_faults(exhibit, chain) if fault.kind == "gap"]
        assert bool(faults) == gap(before, then, same=same), (before, then, same, faults)

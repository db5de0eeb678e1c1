"""A rescue finding in a case file: kept after a decision, sealed with what it rests on, run again by whoever has the bundle."""

from pathlib import Path

import pytest

from headwater.errors import HeadwaterError
from headwater.exercise.river_night import write_night
from headwater.model.decision import Verb
from headwater.model.ids import FindingId
from headwater.node import Node, case_sealing, cases, findings, replaying, watch_keep
from headwater.policy.session import Session
from tests.case_world import write_case
from tests.node_world import SUPERVISOR, WRITER, as_user
from tests.watch_world import night

pytestmark = pytest.mark.slow

URN = "00EX0000126"


def court(node: Node, user: str = SUPERVISOR) -> Session:
    return as_user(node, user, "court")


@pytest.fixture
def rescue(node: Node, tmp_path: Path) -> FindingId:
    """A case, and the rescue finding of the night."""
    cases.take_in(node, court(node, WRITER), write_case(tmp_path / "folder"))
    files = write_night(tmp_path, night())
    watch_keep.keep_file(node, as_user(node), "sapient", files["sapient"], files["context"])
    with node.view(as_user(node)) as view:
        return next(one.id for one in view.findings() if one.kind == "watch.rescue")


def test_nothing_goes_into_a_case_before_a_person_has_decided(node: Node, rescue: FindingId) -> None:
    with pytest.raises(HeadwaterError) as error:
        cases.keep_findings(node, court(node, WRITER), URN, [rescue])
    assert error.value.code.startswith("policy.")


def test_a_decided_rescue_is_sealed_with_its_detections_and_gives_the_same_when_run_again(
    node: Node, rescue: FindingId, tmp_path: Path
) -> None:
    findings.decide(node, as_user(node), rescue, Verb.CONFIRM, "seen by the duty officer")
    cases.keep_findings(node, court(node, WRITER), URN, [rescue])
    case_sealing.seal(node, court(node), URN, tmp_path / "bundle", [rescue])
    folder = tmp_path / "bundle" / "data" / "findings"
    assert (folder / f"{rescue}.run.json").is_file()
    again = replaying.replay(tmp_path / "bundle", rescue[:12], None)
    assert (again.identical, again.differences) == (True, ())

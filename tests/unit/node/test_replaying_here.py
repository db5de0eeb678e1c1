"""A finding whose inputs no bundle can hold is run again at the node that holds them."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from headwater.errors import ForbiddenError, InputError, SignatureError
from headwater.model.decision import Verb
from headwater.model.handling import Handling
from headwater.node import Node, case_sealing, cases, findings, liaison, linking, replaying, tables, trace
from headwater.testing.fakes import FakeClock
from tests.case_world import write_case
from tests.link_world import LONDON, organiser, told
from tests.node_world import SUPERVISOR, WRITER, as_user, events, init, node_at

pytestmark = pytest.mark.slow

URN = "00EX0000126"


def pay_in(node: Node, folder: Path, name: str, hub: str) -> None:
    """Read a table of payments: fifteen payers of one corridor and a hub."""
    path = folder / f"{name}.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        out.writerow(
            ["id", "time", "from", "to", "amount", "currency", "channel", "from_country", "to_country", "text"]
        )
        for number in range(15):
            row = [f"{name}{number}", f"2025-06-{number + 1:02}T08:00:00Z", f"DE00EXMP{name}{number:04}", hub, 90_000]
            out.writerow([*row, "EUR", "bank", "DE", "TR", "fictional"])
    [read] = tables.read_tables("payments", [str(path)], into=(node, as_user(node)))
    assert read.error is None


def sealed(node: Node, folder: Path, ref: str) -> Path:
    """A bundle with a finding that a person has confirmed."""
    findings.decide(node, as_user(node), ref, Verb.CONFIRM, "a person has looked")  # type: ignore[arg-type] # as typed in
    cases.take_in(node, as_user(node, WRITER, "court"), write_case(folder / "case"))
    case_sealing.seal(node, as_user(node, SUPERVISOR, "court"), URN, folder / "bundle", [ref])
    return folder / "bundle"


@pytest.fixture
def traced(node: Node, tmp_path: Path) -> tuple[Node, Path, str]:
    pay_in(node, tmp_path, "P", "TR00EXMP00000001")
    answer = trace.at_node(node, as_user(node), trace.Asked(typologies=("corridor-fan-in",), least=0.0))
    ref = answer.result.claims[0].finding.id
    return node, sealed(node, tmp_path, ref), ref


def test_a_trace_comes_out_the_same_at_its_node_whatever_came_in_since(
    traced: tuple[Node, Path, str], tmp_path: Path
) -> None:
    node, bundle, ref = traced
    pay_in(node, tmp_path, "Q", "TR00EXMP00000001")
    made = replaying.replay_here(node, as_user(node, SUPERVISOR, "court"), bundle, ref[:12], None)
    assert (made.identical, made.differences) == (True, ())
    assert events(node, "findings.replayed")[0].subject == ref


def test_no_payment_and_no_secret_of_the_node_goes_into_the_bundle(traced: tuple[Node, Path, str]) -> None:
    _, bundle, ref = traced
    told_of = (bundle / "data" / "findings" / f"{ref}.run.json").read_text("utf-8")
    assert "UK-NCA" in told_of
    assert "salt" not in told_of
    assert not list(bundle.rglob("part-*"))
    assert not list(bundle.rglob("inputs-*"))


def test_who_has_the_bundle_alone_is_told_whom_to_ask(traced: tuple[Node, Path, str], tmp_path: Path) -> None:
    _, bundle, ref = traced
    with pytest.raises(InputError, match="no inputs") as caught:
        replaying.replay(bundle, ref, None)
    assert "UK-NCA" in caught.value.fix
    with (
        node_at(init(tmp_path / "other", authority="RS-MOI"), FakeClock()) as other,
        pytest.raises(InputError, match="no inputs"),
    ):
        replaying.replay_here(other, as_user(other), bundle, ref, None)


def test_another_run_than_the_bundle_names_is_not_taken_for_it(
    traced: tuple[Node, Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    node, bundle, ref = traced
    path = bundle / "data" / "findings" / f"{ref}.run.json"
    told_of = json.loads(path.read_bytes())
    path.write_text(json.dumps({**told_of, "noted": "0" * 64}), encoding="utf-8")
    with pytest.raises(SignatureError):
        replaying.replay_here(node, as_user(node, SUPERVISOR, "court"), bundle, ref, None)
    monkeypatch.setattr(replaying, "demand", lambda *_: None)
    with pytest.raises(InputError, match="does not hold the run"):
        replaying.replay_here(node, as_user(node, SUPERVISOR, "court"), bundle, ref, None)


def test_a_cluster_comes_out_the_same_after_new_records_and_not_when_one_is_gone(node: Node, tmp_path: Path) -> None:
    for_court = Handling(purposes=frozenset({"oic", "court"}), codes=frozenset({"P"}))
    records = [replace(record, handling=for_court) for record in organiser()]
    node.store.write(lambda transaction: [transaction.add_record(record) for record in records])
    answer = linking.at_node(node, as_user(node))
    cluster = next(one for one in answer.findings if one.kind == "match.cluster")
    bundle = sealed(node, tmp_path, cluster.id)
    newer = told(LONDON, "uk-9", name="Djordje Izmisljenovic", birthDate="1975-03-04", phone="060 1234567")
    node.store.write(lambda transaction: transaction.add_record(newer))
    session = as_user(node, SUPERVISOR, "court")
    assert replaying.replay_here(node, session, bundle, cluster.id, None).identical
    liaison.amend(node, as_user(node), "erase", [str(records[2].id)], "exercise: recalled")
    with pytest.raises(ForbiddenError, match="gone"):
        replaying.replay_here(node, session, bundle, cluster.id, None)

"""What a live post keeps is for its owner alone, and what it tells begins with who is in danger."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from headwater.model.times import format_instant
from headwater.node import watch_relay
from headwater.node.watch_journal import Journal
from headwater.testing.fakes import START, FakeClock


def test_the_files_of_a_journal_are_for_their_owner_alone(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "watch", FakeClock())
    try:
        modes = {path.name: oct(path.stat().st_mode & 0o777) for path in (tmp_path / "watch").iterdir()}
        assert modes == dict.fromkeys(modes, "0o600")
        assert len(modes) == 3
    finally:
        journal.close()


def test_an_alert_of_rescue_is_sent_before_those_that_came_with_it() -> None:
    post: Any = SimpleNamespace(node="UK-NCA", clock=FakeClock())
    hub, told = watch_relay.Hub(post), dict[str, list[bytes]](cot=[], fusion=[])
    clients: Any = [SimpleNamespace(send=told["cot"].append)], [SimpleNamespace(write=told["fusion"].append)]
    hub.cot, hub.fusion = clients
    hub.spread([alert("a", "border"), alert("b", "rescue"), alert("c", "border"), alert("d", "rescue")])
    for way, sent in told.items():
        assert [b"capsized" in each for each in sent] == [True, True, False, False], way


def alert(ref: str, lane: str) -> dict[str, Any]:
    kind = "capsized" if lane == "rescue" else "crossing"
    at = {"at": format_instant(START), "lat": 45.0, "lon": 20.0}
    return {"id": ref, "lane": lane, "kind": kind, "reasons": ["seen"], "score": 0.5, **at}

"""Two states share tracks, not raw data: over real HTTP, under their agreement, fused at the other end without counting twice."""

import csv
import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from headwater.errors import HeadwaterError, NoBasisError, SchemaError
from headwater.model.detections import Origin
from headwater.model.ids import MessageId
from headwater.node import Node, attachments, messages, watch_share
from tests.node_world import BELGRADE, LONDON, SUPERVISOR, TERMS, as_user, events, live_pair, until

pytestmark = pytest.mark.e2e

ORIGIN = Origin(50.9, 1.4)
START = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
BOATS = ((0.0, 0.0, 4.0, 1.0), (3000.0, -800.0, -2.0, 3.0), (-2500.0, 2000.0, 1.0, -3.0))
END_S = 120


def write_radar(path: Path, seed: int, *, boats: tuple[int, ...], sigma: float = 25.0, people: bool = False) -> Path:
    """What one state's radar sees of invented boats, in degrees; with people on a beach where asked."""
    draw = Random(seed)
    with path.open("w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        out.writerow(["time", "sensor", "lon", "lat", "sigma_m", "class"])
        for time_s in range(0, END_S + 1, 5):
            moment = (START + timedelta(seconds=time_s)).isoformat()
            seen = [
                (BOATS[at][0] + BOATS[at][2] * time_s, BOATS[at][1] + BOATS[at][3] * time_s, "boat") for at in boats
            ]
            seen += [(-5000.0, -5000.0 + 0.5 * time_s, "person-group")] if people else []
            for x, y, kind in seen:
                lon, lat = ORIGIN.to_degrees(x + draw.gauss(0, sigma), y + draw.gauss(0, sigma))
                out.writerow([moment, path.stem, f"{lon:.8f}", f"{lat:.8f}", sigma, kind])
    return path


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, Node]]:
    with live_pair(tmp_path_factory.mktemp("states")) as nodes:
        yield nodes


def sent(node: Node, tracks: Path) -> bool:
    """Whether tracks go to London: sent by one officer, approved by another."""
    sending = watch_share.send(node, as_user(node), tracks, LONDON, TERMS, text="Boats near the line.")
    assert not sending.is_queued, "a second officer has a look"
    return (
        sending.id is not None and messages.approve(node, as_user(node, SUPERVISOR), sending.id, "approver").is_queued
    )


def arrived(node: Node, count: int) -> MessageId:
    """The newest message with tracks at a node, when its file is there whole."""
    until(lambda: len([one for one in attachments.waiting(node, as_user(node)) if one["whole"]]) == count)
    brought = [row for row in node.exchange.incoming() if row.kind == watch_share.KIND]
    return MessageId(max(brought, key=lambda row: row.received_at).id)


def at_end(boat: int) -> tuple[float, float]:
    x, y, vx, vy = BOATS[boat]
    return x + vx * END_S, y + vy * END_S


def place(document: dict[str, Any], row: dict[str, Any]) -> tuple[float, float]:
    """Where a row of a document lies, in metres about the origin of the test."""
    origin = Origin(document["origin"]["lat"], document["origin"]["lon"])
    return ORIGIN.to_metres(*origin.to_degrees(row["mean"][0], row["mean"][2]))


def test_tracks_of_one_state_are_fused_with_those_of_the_other(pair: tuple[Node, Node], tmp_path: Path) -> None:
    london, belgrade = pair
    theirs, ours, fused = tmp_path / "rs.json", tmp_path / "uk.json", tmp_path / "fused.json"
    told = watch_share.share(write_radar(tmp_path / "rs.csv", 1, boats=(0, 1), people=True), theirs)
    assert (told["tracks"], told["withheld"]) == (2, 1)
    assert sent(belgrade, theirs)
    ref = arrived(london, 1)

    watch_share.share(write_radar(tmp_path / "uk.csv", 2, boats=(0, 2)), ours)
    shared = watch_share.received(london, as_user(london), ref)
    assert (shared.owner, len(shared.tracks)) == (BELGRADE, 2)
    done = watch_share.fuse(ours, shared, fused)
    assert (done["fused"], done["tracks"]) == (1, 3)
    document = json.loads(fused.read_text(encoding="utf-8"))
    assert document["controlled_by"] == [BELGRADE]
    [both] = [row for row in document["tracks"] if "+" in row["track"] and not row["track"].startswith("+")]
    assert math.dist(place(document, both), at_end(0)) < 30.0
    mine = json.loads(ours.read_text(encoding="utf-8"))
    alone = min(mine["tracks"], key=lambda row: math.dist(place(mine, row), at_end(0)))
    assert np.linalg.det(both["covariance"]) <= np.linalg.det(alone["covariance"]) * 1.001
    assert {row["class"] for row in document["tracks"]} == {"boat"}
    looks = {event.kind for event in (*events(london, "look.blob"), *events(belgrade, "exchange.file-attached"))}
    assert looks == {"look.blob", "exchange.file-attached"}


def test_no_raw_report_and_nobody_on_the_move_is_in_what_leaves(tmp_path: Path) -> None:
    out = tmp_path / "rs.json"
    watch_share.share(write_radar(tmp_path / "rs.csv", 1, boats=(0, 1), people=True), out)
    text = out.read_text(encoding="utf-8")
    assert set(json.loads(text)["tracks"][0]) == {"track", "class", "mean", "covariance"}
    assert "person" not in text
    assert "sensor" not in text


def test_a_use_that_the_agreement_does_not_cover_is_refused_at_both_ends(
    pair: tuple[Node, Node], tmp_path: Path
) -> None:
    london, belgrade = pair
    tracks = tmp_path / "rs.json"
    watch_share.share(write_radar(tmp_path / "rs.csv", 3, boats=(0,)), tracks)
    refused = watch_share.send(
        belgrade, as_user(belgrade, purpose="sanctions"), tracks, LONDON, TERMS, text="For something else."
    )
    assert refused.judgement.outcome.value == "refuse"
    assert refused.id is None
    whole = len([one for one in attachments.waiting(london, as_user(london)) if one["whole"]])
    assert sent(belgrade, tracks)
    ref = arrived(london, whole + 1)
    with pytest.raises(NoBasisError, match="another purpose"):
        watch_share.received(london, as_user(london, purpose="sanctions"), ref)
    assert len(watch_share.received(london, as_user(london), ref).tracks) == 1


def test_what_is_no_file_of_tracks_does_not_go_and_an_unknown_message_brings_none(
    pair: tuple[Node, Node], tmp_path: Path
) -> None:
    london, belgrade = pair
    odd = tmp_path / "odd.json"
    odd.write_text(json.dumps({"schema": watch_share.SCHEMA, "tracks": [{"class": "person-group"}]}), encoding="utf-8")
    with pytest.raises(SchemaError):
        watch_share.send(belgrade, as_user(belgrade), odd, LONDON, TERMS, text="x")
    with pytest.raises(HeadwaterError):
        watch_share.received(london, as_user(london), MessageId("msg-0000"))

"""Plays of threat intelligence at a CERT's door, and of reports and tracks of the watch, as files between states."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import orjson

from headwater.exercise.threats import cert as organisation
from headwater.exercise.threats import indicator, objects, warning
from headwater.formats.eurosur import EurosurEvent, write_event_draft
from headwater.node import taxii_users, ti_release, watch_reports, watch_share
from headwater.node.taxii import Desk
from headwater.node.ti_release import Asking
from headwater.store.shelf import Asked
from tests.cyber_world import ANALYST, OWN, PASSWORD, RECEIVED, Cert, cert
from tests.node_world import AUDITOR, WRITER, as_user
from tests.plays.play import Play

START = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
EVEN = [[100.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 100.0, 0.0], [0.0, 0.0, 0.0, 1.0]]


def threats(folder: Path) -> Play:
    """Objects are posted, paged through in every way, deleted, exported and kept back; the door tells nothing to strangers."""
    with cert(folder) as at:
        play = Play({"UK": at.node}, [folder])
        act = play.act

        def asked(name: str, method: str, path: str, body: bytes = b"", **more: Any) -> Any:
            answer = act(name, lambda: _told(at, method, path, body, **more))
            at.clock.move(timedelta(seconds=1))
            return answer

        given = objects(5)
        posted = asked("posted", "POST", f"{OWN}/objects/", orjson.dumps({"objects": given}))[2]["id"]
        asked("its status", "GET", f"/headwater/status/{posted}/")
        asked("its status, for another", "GET", f"/headwater/status/{posted}/", user=ANALYST)
        asked("posted again", "POST", f"{OWN}/objects/", orjson.dumps({"objects": given}))
        later = {**given[-1], "modified": "2026-11-25T09:00:00.000Z"}
        asked("a later version", "POST", f"{OWN}/objects/", orjson.dumps({"objects": [later]}))
        bad = [{"type": "indicator", "id": "x"}, {**given[-1], "id": "indicator--" + "0" * 8}, organisation("Another")]
        asked("some bad", "POST", f"{OWN}/objects/", orjson.dumps({"objects": bad}))
        asked(
            "a warning with what it refers to",
            "POST",
            f"{OWN}/objects/",
            orjson.dumps({"objects": warning()["objects"]}),
        )
        for name, body in (
            ("no envelope", b"[]"),
            ("nothing", b"{}"),
            ("no JSON", b"{"),
            ("twice a key", b'{"objects": [], "objects": []}'),
        ):
            asked(f"posted: {name}", "POST", f"{OWN}/objects/", body)
        asked("posted to received", "POST", f"{RECEIVED}/objects/", orjson.dumps({"objects": given}))
        ref = given[-1]["id"]
        for path in (
            "/taxii2/", "/headwater/", "/headwater/collections/", f"{OWN}/", "/headwater/collections/none/", f"{OWN}/objects/", f"{OWN}/objects/?limit=2",
            f"{OWN}/objects/?limit=0", f"{OWN}/objects/?colour=red", f"{OWN}/objects/{ref}/", f"{OWN}/objects/{ref}/?match[version]=all",
            f"{OWN}/objects/{ref}/?match[version]=first", f"{OWN}/objects/{ref}/versions/", f"{OWN}/objects/indicator--none/",
            f"{OWN}/objects/?match[type]=indicator,identity&limit=3", f"{OWN}/objects/?match[id]={ref}", f"{OWN}/objects/?match[version]=soon",
            f"{OWN}/manifest/?limit=3", f"{OWN}/manifest/?added_after=2026-11-25T08:30:02Z", f"{OWN}/manifest/?added_after=yesterday",
            f"{OWN}/objects/?match[spec_version]=2.0", f"{RECEIVED}/objects/", "/headwater/status/none/",
        ):  # fmt: skip
            asked(f"got {path.replace(ref, 'REF')}", "GET", path)
        for user, password in ((ANALYST, PASSWORD), (WRITER, "wrong"), ("nobody", PASSWORD), (None, "")):
            asked(f"asked by {user}, {password}", "GET", f"{OWN}/manifest/", user=user, password=password)
        asked("deleted a version", "DELETE", f"{OWN}/objects/{ref}/?match[version]=first")
        asked("deleted a version, versions", "GET", f"{OWN}/objects/{ref}/versions/")
        asked("deleted", "DELETE", f"{OWN}/objects/{ref}/")
        asked("deleted again", "DELETE", f"{OWN}/objects/{ref}/")
        act("held", ti_release.held, at.node, at.session())
        red = indicator(Random(7), "Red", "[domain-name:value = 'red.example']", "RED")
        asked("one in red", "POST", f"{OWN}/objects/", orjson.dumps({"objects": [red]}))
        for form in ("stix", "misp"):
            act(f"exported as {form}", lambda form=form: _exported(at, form))
        act("exported to a partner without an agreement", ti_release.export, at.node, at.session(), "stix", to="RS-MOI")
        act("exported by an auditor", ti_release.export, at.node, as_user(at.node, AUDITOR, "audit"), "stix")
        asking = Asking(ids=(), to="RS-MOI", agreement="NONE")
        act("kept back", ti_release.kept_back, at.node, at.session(), asking)
        act("sent to nobody", ti_release.release, at.node, at.session(), asking)
        admin = as_user(at.node, WRITER, "operation")
        for name, user, password in (
            ("short", WRITER, "1234567"),
            ("of nobody", "nobody", PASSWORD),
            ("new", WRITER, "12345678"),
        ):
            act(f"password {name}", taxii_users.set_password, at.node, admin, user, password)
        asked("with the old password", "GET", f"{OWN}/manifest/?limit=1")
        at.desk = Desk(at.node)
        asked("with the old password, anew", "GET", f"{OWN}/manifest/?limit=1")
    return play


def shelf(folder: Path) -> Play:
    """The collections in the store: every question they answer, with objects that are held, revoked, withdrawn and deleted."""
    with cert(folder) as at:
        play = Play({"UK": at.node}, [folder])
        given = [one for one in warning()["objects"] if one["type"] != "marking-definition"]
        first, *rest = given
        play.act("all but the first", lambda: at.post(rest).json["status"])
        play.act("held", ti_release.held, at.node, at.session())
        _asked_of_shelf(at, play, "held", given)
        at.clock.move(timedelta(seconds=1))
        play.act("the first", lambda: at.post([first]).json["status"])
        play.act("still held", ti_release.held, at.node, at.session())
        changed = {**rest[0], "modified": "2026-11-25T09:00:00.000Z"}
        play.act("a later version", lambda: at.post([changed]).json["status"])
        _asked_of_shelf(at, play, "all there", given)
        with at.node.store.snapshot() as snapshot:
            records = [ref for _, _, ref in snapshot.shelf_records(1, [rest[0]["id"], rest[1]["id"]])]
        play.act("withdrawn", at.node.store.write, lambda tx: [tx.withdraw_from_shelf(ref) for ref in records])
        _asked_of_shelf(at, play, "withdrawn", given)
    return play


def _asked_of_shelf(at: Cert, play: Play, when: str, given: list[dict[str, Any]]) -> None:
    ids = [one["id"] for one in given]
    with at.node.store.snapshot() as snapshot:
        for name, more in (
            ("shelf_handlings", ()), *(("shelf_count", (number,)) for number in (1, 2, 3)), ("shelf_knows", (ids,)), ("shelf_knows", (ids, [1])),
            ("shelf_versions", (1, ids)), ("shelf_versions", (1, ids, [1])), *(("shelf_bodies", (ref,)) for ref in ids[:3]), ("shelf_records", (1, ids)),
            ("shelf_held", ()), ("shelf_revoked", (1, ids)), ("shelf_withdrawn", ()), ("shelf_behind", ()), ("shelf_fresh", (5,)),
            *(("shelf", (Asked(collection=1, handlings=[1, 2, 3], versions=(which,), limit=4, after=after),)) for which in ("first", "last", "all") for after in (0, 3)),
        ):  # fmt: skip
            play.look(f"{when}: {name} {len(play.told)}", getattr(snapshot, name), *more)


def _told(at: Cert, method: str, path: str, body: bytes, **more: Any) -> Any:
    answer = at.ask(method, path, body, **more)
    try:
        document = answer.json
    except ValueError:
        document = answer.body.decode()
    kept = {name: value for name, value in answer.headers.items() if name.startswith("x-taxii")}
    return [answer.status, kept, document]


def _exported(at: Cert, form: str) -> Any:
    made = ti_release.export(at.node, at.session(), form)
    return [made.objects, made.left_out, json.loads(made.data)]


def reports(folder: Path) -> Play:
    """EUROSUR drafts: due, late, sent, closed; in the order in which they are due."""
    play = Play({}, [folder])
    act, drafts = play.act, folder / "drafts"
    act("no folder", watch_reports.reports, drafts, START)
    drafts.mkdir()
    for number, rescue in enumerate((True, False, True), 1):
        moment = START + timedelta(hours=3 - number)
        event = EurosurEvent(
            identifier=f"alr-{number}", rescue=rescue, moment=moment, aware=moment, lat=50.0, lon=1.0, score=0.5, craft="boat",
            persons="11-50", sensors=("radar",), description="An invented boat.",
        )  # fmt: skip
        (drafts / f"0{number}-boat-eurosur.json").write_bytes(write_event_draft(event))
    first, second, third = sorted(drafts.iterdir())
    (drafts / "note.txt").write_text("no draft", encoding="utf-8")
    for hours in (1, 24, 26, 27):
        act(f"after {hours} h", watch_reports.reports, drafts, START + timedelta(hours=hours))
    act("sent", watch_reports.mark_sent, first, START + timedelta(hours=20))
    act("sent again", watch_reports.mark_sent, first, START + timedelta(hours=21))
    act("sent late", watch_reports.mark_sent, second, START + timedelta(hours=30))
    now = START + timedelta(hours=40)
    for name, draft, ended, outcome in (
        ("to come", third, now + timedelta(seconds=1), "rescued"), ("before it began", third, START - timedelta(days=1), "rescued"),
        ("no rescue", second, START + timedelta(hours=5), "rescued"), ("no outcome", third, START + timedelta(hours=5), "perhaps"),
        ("of a rescue", third, START + timedelta(hours=5), "rescued"), ("again", third, START + timedelta(hours=5), "rescued"),
    ):  # fmt: skip
        act(f"closed: {name}", watch_reports.close, draft, ended, outcome, now)
    act("all", watch_reports.reports, drafts, now)
    act("their content", lambda: [json.loads(path.read_bytes()) for path in sorted(drafts.glob("*.json"))])
    return play


def tracks(folder: Path) -> Play:
    """Two files of shared tracks become one: whose are the same, at which time, in whose metres, under whose control."""
    play = Play({}, [folder])

    def file(name: str, *rows: tuple[str, str, list[float]], late_s: float = 0.0, **changes: Any) -> Path:
        document = {
            "schema": watch_share.SCHEMA, "origin": {"lat": 50.0, "lon": 1.0}, "at": (START + timedelta(seconds=late_s)).isoformat().replace("+00:00", "Z"),
            "tracks": [{"track": at, "class": kind, "mean": mean, "covariance": EVEN} for at, kind, mean in rows], **changes,
        }  # fmt: skip
        path = folder / name
        path.write_text(json.dumps(document), encoding="utf-8")
        return path

    def fused(name: str, ours: Path, theirs: Any) -> None:
        out = folder / "out"
        play.act(name, watch_share.fuse, ours, theirs, out)
        if out.exists():
            play.act(f"{name}: written", lambda: _rounded(json.loads(out.read_bytes())))
            out.unlink()

    mine = file(
        "a",
        ("1", "boat", [0.0, 5.0, 0.0, 0.0]),
        ("2", "unknown", [300.0, 0.0, 0.0, 0.0]),
        ("3", "drone", [900.0, 0.0, 0.0, 0.0]),
    )
    near = file(
        "b",
        ("7", "boat", [14.0, 5.0, 0.0, 0.0]),
        ("8", "vehicle", [310.0, 0.0, 0.0, 0.0]),
        ("9", "boat", [900.0, 0.0, 0.0, 0.0]),
    )
    fused("at one time", mine, near)
    for late in (10.0, -10.0, 300.0, 301.0):
        fused(f"{late} s later", mine, file("c", ("7", "boat", [50.0, 5.0, 0.0, 0.0]), late_s=late))
    given = watch_share.read_tracks(json.loads(near.read_bytes()), "b")
    fused("under a partner's control", mine, replace(given, owner="RS-MOI"))
    fused("of nothing", mine, file("d"))
    for name, changes in (
        ("no schema", {"schema": "x"}), ("no list", {"tracks": {}}), ("no time", {"at": "now"}), ("no place", {"origin": {}}),
        ("of people", {"tracks": [{"track": "1", "class": "person-group", "mean": [0, 0, 0, 0], "covariance": EVEN}]}),
        ("of no class", {"tracks": [{"track": "1", "class": "whale", "mean": [0, 0, 0, 0], "covariance": EVEN}]}),
        ("with a name", {"tracks": [{"track": "1", "class": "boat", "mean": [0, 0, 0, 0], "covariance": EVEN, "name": "x"}]}),
        ("too many", {"tracks": [0] * (watch_share.MOST_TRACKS + 1)}),
    ):  # fmt: skip
        fused(f"refused: {name}", mine, file("e", **changes))
    return play


def _rounded(thing: Any) -> Any:
    """A document with its numbers to two places: what another processor adds up otherwise stays the same."""
    if isinstance(thing, Mapping):
        return {key: _rounded(value) for key, value in thing.items()}
    if isinstance(thing, list):
        return [_rounded(value) for value in thing]
    return round(thing, 2) + 0.0 if isinstance(thing, float) else thing

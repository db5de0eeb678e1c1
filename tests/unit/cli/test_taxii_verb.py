"""`headwater taxii` and the verbs beside it: users, dumps, what is held, exports, releases, matches, conformance."""

import io
import json
from pathlib import Path

import pytest

from headwater.exercise.threats import SHOP, bundle, misp_event, objects, warning
from tests import cyber_world
from tests.cyber_world import PASSWORD
from tests.node_world import AUDITOR, WRITER
from tests.unit.cli.conftest import Run

pytestmark = pytest.mark.slow


def at(home: Path, user: str = WRITER) -> list[str]:
    return ["--home", str(home), "--user", user, "--json"]


def written(folder: Path, name: str, body: object) -> Path:
    path = folder / name
    path.write_text(json.dumps(body), encoding="utf-8")
    return path


def test_a_bundle_and_an_event_are_read_and_a_bad_object_is_told(run: Run, home: Path, tmp_path: Path) -> None:
    bad = bundle(objects(2))
    bad["objects"][1]["confidence"] = 101
    path = written(tmp_path, "bad.json", bad)
    read = run("read", "stix", path, *at(home))
    assert read.code == 0
    [told] = read.document["files"]
    assert (told["records"], told["left_out"][0]["code"]) == (2, "input.schema")
    assert run("read", "stix", path, "--strict", *at(home)).code == 65
    assert (
        run("read", "misp", written(tmp_path, "e.json", misp_event()), *at(home)).document["files"][0]["records"] == 9
    )


def test_a_user_is_let_in_by_an_admin_with_a_password_from_standard_input(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    assert run("taxii", "user", "add", WRITER, "--password-stdin", *at(home)).document == {"ok": True, "name": WRITER}
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    assert run("taxii", "user", "add", WRITER, "--password-stdin", *at(home)).code == 65
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    assert run("taxii", "user", "add", WRITER, "--password-stdin", *at(home, AUDITOR)).code == 77


def test_collections_are_dumped_loaded_and_what_is_held_is_listed(run: Run, home: Path, tmp_path: Path) -> None:
    run("read", "stix", written(tmp_path, "w.json", bundle(objects(1)[1:])), *at(home))
    held = run("taxii", "held", *at(home)).document["held"]
    assert [one["waits"] for one in held] or held == []
    out = tmp_path / "dump.json"
    assert run("taxii", "dump", "--out", out, *at(home)).document["objects"] >= 0
    body = json.loads(out.read_text(encoding="utf-8"))
    body["api_roots"] = [{"path": "other", "information": {"title": "O"}, "collections": []}]
    loaded = run("taxii", "load", written(tmp_path, "other.json", body), *at(home))
    assert loaded.document["roots"] == 1
    assert run("taxii", "load", tmp_path / "other.json", *at(home)).code == 77
    assert run("taxii", "load", written(tmp_path, "none.json", []), *at(home)).code == 65


def test_an_export_says_what_it_leaves_out_and_a_release_needs_an_agreement(
    run: Run, home: Path, tmp_path: Path
) -> None:
    run("read", "stix", written(tmp_path, "w.json", bundle(objects(8), 4)), *at(home))
    for form in ("stix", "misp"):
        out = tmp_path / f"{form}.json"
        told = run("taxii", "export", form, "--out", out, *at(home))
        assert told.code == 0, told.err
        assert told.document["left_out"]
        assert json.loads(out.read_text(encoding="utf-8"))
    shown = run("taxii", "export", "stix", "--out", tmp_path / "x.json", *at(home)[:-1])
    assert "left out" in shown.out
    dry = run("taxii", "release", "--to", "RS-MOI", "--agreement", "NONE", "--dry-run", *at(home))
    assert dry.code == 76  # no such partner
    assert run("taxii", "release", "indicator--x", "--to", "RS-MOI", "--agreement", "NONE", *at(home)).code == 77


def test_a_match_is_kept_and_shown(run: Run, home: Path, tmp_path: Path) -> None:
    run("read", "stix", written(tmp_path, "w.json", warning()), *at(home))
    rows = f"id,time,from,to,amount,currency,text\nP1,2026-02-03T10:00:00Z,A,B,5,EUR,{SHOP}\n"
    (tmp_path / "p.csv").write_text(rows, encoding="utf-8")
    run("read", "payments", tmp_path / "p.csv", *at(home))
    found = run("taxii", "match", *at(home)).document
    assert found["added"] >= 1
    assert any(SHOP in one["text"] for one in found["findings"])
    assert run("taxii", "match", *at(home)).document["added"] == 0
    assert "findings" in run("taxii", "match", *at(home)[:-1]).out


def test_conformance_answers_ok_hold_or_a_code(run: Run, tmp_path: Path) -> None:
    lone = bundle(objects(1)[1:])
    questions = [("a", warning()), ("b", lone), ("c", [])]
    path = tmp_path / "q.jsonl"
    path.write_text(
        "".join(f"{json.dumps({'id': name, 'text': json.dumps(body)})}\n" for name, body in questions), encoding="utf-8"
    )
    answers = run("conformance", "stix", path, "--json").document["answers"]
    assert answers == [
        {"id": "a", "result": "ok"},
        {"id": "b", "result": "hold"},
        {"id": "c", "result": "input.schema"},
    ]


def test_a_pull_and_a_push_are_told_and_go_on_where_they_ended(
    run: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    word = tmp_path / "password.txt"
    word.write_text(f"{PASSWORD}\n", encoding="utf-8")
    with cyber_world.cert(tmp_path) as other, cyber_world.served(other.node) as base:
        other.post(objects(8))
        asked = [f"{base}/headwater/", "--collection", "own", "--login", WRITER]
        pull = ["taxii", "pull", *asked, "--originator", "RS-CERT", "--limit", "4", *at(home)]
        done = run(*pull, "--password-file", word)
        assert (done.code, done.document["added"], done.document["pages"]) == (0, 9, 3)
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
        assert run(*pull, "--password-stdin").document["added"] == 0
        push = ["taxii", "push", *asked, "--password-file", word, *at(home)]
        taken = run(*push).document["taken"]  # of all that the tests of this file have brought into the node
        assert taken > 0
        again = run(*push).document
        assert (again["taken"], again["before"]) == (0, taken)
        assert run(*push, "--to", "RS-MOI").code == 77
        assert run(*pull).code == 65
        assert run(*pull, "--password-stdin", "--password-file", word).code == 65
        wrong = tmp_path / "wrong.txt"
        wrong.write_text("not it", encoding="utf-8")
        assert run(*pull, "--password-file", wrong).code == 75
        assert run(*[*pull, "--password-file", word], "--originator", "nobody").code == 65
    assert run(*pull, "--password-file", word).code == 75
    assert (
        run(*["http://cert.example/r/" if one == asked[0] else one for one in pull], "--password-file", word).code == 65
    )

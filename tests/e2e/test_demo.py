"""The exercise: one command, one document, nothing left behind, little memory; stopped, repeated, kept up."""

import json
import re
import signal
import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from headwater.exercise.steps import STEPS
from tests.e2e.conftest import REAL_LIST, Played
from tests.e2e.exercise_run import PATIENCE_S, Exercise, document

pytestmark = pytest.mark.e2e

MOST_BYTES = 1 << 30


def until(met: Callable[[], bool]) -> None:
    """Look again and again until something is so."""
    pause = threading.Event()
    for _ in range(int(PATIENCE_S / 0.05)):
        if met():
            return
        pause.wait(0.05)
    pytest.fail("it did not come about in time")


def answers(endpoint: str) -> bool:
    line = HTTPConnection(endpoint.removeprefix("http://"), timeout=10)
    try:
        line.request("GET", "/v1/health")
        return line.getresponse().status == 200
    except OSError:
        return False
    finally:
        line.close()


def opens(url: str) -> bool:
    """Whether a link shows the form that signs in: looking at it uses nothing up."""
    parts = urlsplit(url)
    line = HTTPConnection("127.0.0.1", parts.port or 0, timeout=10)
    try:
        line.request("GET", f"{parts.path}?{parts.query}", headers={"Host": parts.netloc})
        answer = line.getresponse()
        return answer.status == 200 and b'data-form="login"' in answer.read()
    finally:
        line.close()


def test_it_ends_well_and_prints_one_document_and_nothing_else(played: Played) -> None:
    assert played.code == 0, played.out + played.err
    assert played.err == ""
    shown = played.document
    assert shown["ok"] is True
    assert [node["authority"] for node in shown["nodes"]] == ["UK-NCA", "RS-MOI", "XK-KP"]
    assert "invented" in shown["fiction"]


def test_every_step_is_shown_with_its_seconds_and_what_was_seen(played: Played) -> None:
    steps = played.document["steps"]
    assert len(steps) >= 8
    assert [step["name"] for step in steps] == [step.name for step in STEPS]
    assert [step["name"] for step in steps if step["ok"] is not True] == []
    assert all(set(step) == {"name", "ok", "seconds", "what"} and step["what"] for step in steps)
    assert all(step["seconds"] > 0 for step in steps)


def test_every_message_that_was_sent_was_receipted(played: Played) -> None:
    messages = played.document["messages"]
    assert messages["sent"] == messages["receipted"]
    assert messages["sent"] >= 6


def test_the_sealed_case_lies_where_the_document_says(played: Played) -> None:
    case = played.document["case"]
    assert case["verified"] is True
    seal = json.loads((Path(case["path"]) / "seal.json").read_text(encoding="utf-8"))
    assert case["root"] in json.dumps(seal)


def test_all_processes_together_stay_under_a_gigabyte(played: Played) -> None:
    print(f"peak of all processes together: {played.peak_bytes >> 20} MiB")
    assert (64 << 20) < played.peak_bytes < MOST_BYTES


def test_no_process_outlives_it(played: Played) -> None:
    assert played.left == []


def test_every_entry_of_a_real_list_is_read(played: Played, shared: Path) -> None:
    root = ET.parse(shared / REAL_LIST).getroot()  # noqa: S314 - the file that lies beside the clone
    entries = sum(1 for tag in ("INDIVIDUAL", "ENTITY") for _ in root.iter(tag))
    told = {step["name"]: step["what"] for step in played.document["steps"]}
    assert f"and {entries} entries of a real list" in told["read"]
    assert f"among {entries} entries of the real un list" in told["screen"]


def test_it_is_played_again_into_the_same_folder_and_kept_up_until_ctrl_c(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / ".headwater-exercise").write_text("by an earlier exercise\n", encoding="utf-8")
    (folder / "old").write_text("of an earlier exercise\n", encoding="utf-8")
    with Exercise(("--json", "--serve", "--dir", str(folder))) as run:
        shown: list[str] = []
        assert run.process.stdout is not None
        for line in run.process.stdout:
            shown.append(line)
            if line == "}\n":
                break
        made = document("".join(shown))
        assert made["ok"] is True
        assert not (folder / "old").exists()
        assert all(answers(node["endpoint"]) for node in made["nodes"])
        assert len(run.nodes()) == 3
        assert {page["authority"] for page in made["pages"]} == {"UK-NCA", "RS-MOI", "XK-KP"}
        assert all(opens(page["url"]) for page in made["pages"])
        run.process.send_signal(signal.SIGINT)
        code, rest, _ = run.end()
        assert (code, rest, run.living()) == (0, "", [])
        assert (folder / "uk" / "store.sqlite").exists()


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_stopped_in_the_middle_it_leaves_no_process_and_no_folder(tmp_path: Path, asked: signal.Signals) -> None:
    with Exercise(("--json",), {"TMPDIR": str(tmp_path)}) as run:
        until(lambda: len(run.nodes()) == 3)
        assert list(tmp_path.glob("headwater-demo-*"))
        run.process.send_signal(asked)
        code, out, err = run.end()
        assert (code, out, err.split()) == (130, "", ["stopped"])
        assert run.living() == []
    assert list(tmp_path.glob("headwater-demo-*")) == []


def test_a_folder_that_no_exercise_made_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("keep", encoding="utf-8")
    with Exercise(("--json", "--dir", str(tmp_path))) as run:
        code, out, err = run.end()
    assert code == 78
    assert document(out)["error"]["code"] == "settings"
    assert re.fullmatch(r"error settings: .*\n", err)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_real_list_that_is_not_there_is_told_by_its_step(tmp_path: Path) -> None:
    with Exercise(("--json", "--dir", str(tmp_path / "demo"), "--list", "un:/nowhere.xml", "--plant", "read")) as run:
        code, out, _ = run.end()
    assert code == 1
    [step] = [step for step in document(out)["steps"] if step["name"] == "read"]
    assert step["ok"] is False
    assert "nowhere.xml" in step["what"]

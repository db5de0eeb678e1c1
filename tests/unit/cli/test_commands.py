"""Every verb is listed, teaches by example, answers with one document, and refuses in one line."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from headwater import __version__
from headwater.cli import VERBS, main
from headwater.cli.findings import STATES
from headwater.model.decision import Verb
from tests.case_world import write_case
from tests.node_world import AUDITOR, SUPERVISOR, WRITER, person, write_list, write_report
from tests.unit.cli.conftest import Run, who


def leaves() -> dict[str, click.Command]:
    """Every command that does something, by its words."""
    found: dict[str, click.Command] = {}

    def walk(command: click.Command, words: tuple[str, ...], context: click.Context) -> None:
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                child = command.get_command(context, name)
                assert child is not None
                walk(child, (*words, name), context)
        else:
            found[" ".join(words)] = command

    walk(main, (), click.Context(main))
    return found


LEAVES = leaves()
WRITTEN = {"--out", "--svg", "--chart", "--card", "--map", "--timeline"}
FILES_TO_WRITE = [
    (words, *WRITTEN.intersection(param.opts))
    for words, command in LEAVES.items()
    for param in command.params
    if WRITTEN.intersection(param.opts) and isinstance(param.type, click.Path) and not param.type.dir_okay
] + [("case seal", "--out"), ("case export", "--out")]


def test_every_verb_is_listed_with_what_it_does(run: Run) -> None:
    ended = run("--help")
    assert ended.code == 0
    listed = {line.split()[0] for line in ended.out.partition("Verbs:")[2].splitlines() if line.startswith("  ")}
    assert listed >= set(VERBS)
    assert dict(sorted(VERBS.items())) == VERBS


def test_every_file_of_the_command_that_is_a_verb_is_listed() -> None:
    folder = Path(__file__).parents[3] / "src" / "headwater" / "cli"
    parts = {"case_out", "figures_ahead", "figures_kept", "safeguard_release", "scan_look", "scan_make", "watch_kept"}
    helpers = {
        "__init__",
        "door",
        "helping",
        "narration",
        "opening",
        "options",
        "parts",
        "progress",
        "scan_lines",
        "usage",
        "watch_parts",
        "words",
    }
    assert {path.stem for path in folder.glob("*.py")} - helpers - parts == set(VERBS)


@pytest.mark.parametrize("words", LEAVES)
def test_every_command_takes_json_unless_it_says_why_not(words: str) -> None:
    options = {name for parameter in LEAVES[words].params for name in parameter.opts}
    assert "--json" in options


@pytest.mark.parametrize("words", LEAVES)
def test_the_help_of_every_command_ends_with_an_example(run: Run, words: str) -> None:
    ended = run(*words.split(), "--help")
    assert ended.code == 0
    assert f"headwater {words}" in ended.out.partition("Example: ")[2]


def test_the_version_is_told(run: Run) -> None:
    assert run("--version").out == f"headwater {__version__}\n"


def test_no_verb_is_loaded_to_list_them() -> None:
    code = (
        "import sys\nfrom headwater.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print([name for name in sys.modules if name.startswith('headwater.')], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert sorted(json.loads(done.stderr.replace("'", '"'))) == [
        "headwater.cli",
        "headwater.cli.door",
        "headwater.cli.helping",
        "headwater.cli.words",
        "headwater.errors",
    ]


def test_the_version_is_told_at_once() -> None:
    seconds = []
    for _ in range(3):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        empty = time.perf_counter()
        subprocess.run([sys.executable, "-m", "headwater", "--version"], check=True, capture_output=True)
        seconds.append((time.perf_counter() - empty) / (empty - begun))
    # in units of a Python that does nothing, so that a busy machine does not decide
    assert min(seconds) < 15


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("screem",), 2),
        (("read",), 2),
        (("case", "unknown"), 2),
        (("screen", "--name", "x", "file.csv"), 2),
        (("screen", "--name", "x"), 2),
        (("findings", "decide", "fnd-1", "perhaps", "--reason", "x"), 2),
        (("node", "check", "--home", "/nowhere"), 78),
        (("read", "xls", "f"), 78),
        (("read", "un", "none.xml"), 65),
        (("case", "verify", "none"), 65),
        (("conformance", "merkle", "none.jsonl"), 65),
        (("screen", "--name", "x", "--list", "un"), 65),
        (("demo", "--plant", "nothing"), 78),
    ],
)
def test_a_refusal_has_its_exit_code_and_says_so_on_standard_error(run: Run, words: tuple[str, ...], code: int) -> None:
    ended = run(*words)
    assert ended.code == code
    assert ended.err


def test_a_command_line_that_is_none_is_a_document_with_json(run: Run) -> None:
    ended = run("screen", "--json")
    assert ended.code == 2
    assert ended.document["error"]["code"] == "usage"


def test_the_word_json_after_two_dashes_is_no_wish_for_a_document(run: Run) -> None:
    assert run("node", "check", "--", "--json").out == ""


def test_a_refusal_is_one_document_with_json(run: Run) -> None:
    ended = run("node", "check", "--home", "/nowhere", "--json")
    assert ended.document["ok"] is False
    assert ended.document["error"]["code"] == "settings"
    assert len(ended.err.splitlines()) == 1


def test_a_failed_exercise_leaves_no_folder(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    run("demo", "--plant", "nothing")
    assert list(tmp_path.iterdir()) == []


def test_a_node_is_set_up_and_its_parts_are_shown(run: Run, tmp_path: Path) -> None:
    home = tmp_path / "uk"
    made = run("node", "init", "--home", home, "--authority", "UK-NCA", "--name", 'The "A"', *who(), "--json")
    assert made.code == 0
    assert made.document["user"] == WRITER
    card = run("node", "card", "--home", home, *who(), "--out", tmp_path / "uk.card", "--json").document
    assert card["digits"] == made.document["digits"]
    assert (tmp_path / "uk.card").exists()
    settings = {one["name"]: one for one in run("node", "settings", "--home", home, "--json").document["settings"]}
    assert (settings["name"]["value"], settings["name"]["origin"]) == ('The "A"', "headwater.toml")
    doctor = run("node", "doctor", "--home", home, "--json")
    assert [each["name"] for each in doctor.document["checks"] if not each["ok"]] == ["roots"]
    assert doctor.code == 1
    shutil.rmtree(home / "roots")
    assert run("node", "doctor", "--home", home).code == 0
    assert run("node", "check", "--home", home).out == "ok      store\n"
    assert run("node", "init", "--home", home, "--authority", "UK-NCA").code == 78


def test_the_card_is_renewed_by_an_admin_with_the_root_keys(run: Run, tmp_path: Path) -> None:
    home = tmp_path / "uk"
    run("node", "init", "--home", home, "--authority", "UK-NCA", *who())
    run("user", "add", "s.hall", "--role", "supervisor", "--home", home, *who())
    assert run("node", "card", "--renew", "--home", home, *who(SUPERVISOR)).code == 77
    shutil.move(home / "roots", tmp_path / "safe")
    assert run("node", "card", "--renew", "--home", home, *who()).code == 76
    renewed = run("node", "card", "--renew", "--roots", tmp_path / "safe", "--home", home, *who(), "--json").document
    assert renewed["version"] == 2


def test_users_are_added_listed_and_disabled(run: Run, tmp_path: Path) -> None:
    home = tmp_path / "uk"
    run("node", "init", "--home", home, "--authority", "UK-NCA", *who())
    assert run("user", "add", "n.new", "--role", "analyst", "--home", home, *who()).code == 0
    assert run("user", "add", "x.king", "--role", "king", "--home", home, *who()).code == 65
    assert run("user", "add", "n.two", "--role", "analyst", "--home", home, *who("n.new")).code == 77
    listed = run("user", "list", "--home", home, *who("n.new"), "--json").document["users"]
    assert [(one["name"], one["disabled"]) for one in listed] == [("n.new", False), (WRITER, False)]
    assert run("user", "disable", "n.new", "--home", home, *who()).out == "n.new is switched off\n"
    assert "n.new: analyst (off)" in run("user", "list", "--home", home, *who()).out
    assert run("user", "list", "--home", home, *who("n.new")).code == 77


def test_what_a_user_signs_in_with_is_shown_and_reset_by_a_second_person(run: Run, tmp_path: Path) -> None:
    home = tmp_path / "uk"
    run("node", "init", "--home", home, "--authority", "UK-NCA", *who())
    run("user", "add", "n.new", "--role", "analyst", "--home", home, *who())
    assert run("user", "show", "n.new", "--home", home, *who()).out == "n.new: analyst\n    links alone\n"
    shown = run("user", "show", "n.new", "--home", home, *who(), "--json").document
    assert (shown["passkeys"], shown["codes_at"], shown["recovery_left"], shown["failures"]) == ([], "", 0, 0)
    assert run("user", "show", WRITER, "--home", home, *who("n.new")).code == 77
    assert run("user", "reset", WRITER, "--home", home, *who()).code == 77
    assert run("user", "reset", "n.none", "--home", home, *who()).code == 77
    assert run("user", "reset", "n.new", "--home", home, *who(), "--json").document["removed"] == 0
    assert "next: headwater user login n.new" in run("user", "reset", "n.new", "--home", home, *who()).out


def test_a_report_is_read_and_counted(run: Run, home: Path, tmp_path: Path) -> None:
    path = write_report(tmp_path, person(), reference="CLI/1")
    ended = run("read", "report", path, "--home", home, *who(), "--json")
    [file] = ended.document["files"]
    assert ended.code == 0
    assert (file["file"], file["records"], file["added"], file["error"]) == ("report.json", 1, 1, None)
    assert file["entities"] == {"Person": 1}
    assert "1 records (1 Person); 0 new to the node" in run("read", "report", path, "--home", home, *who()).out


def test_what_cannot_be_read_is_65_with_every_file_in_the_document(run: Run, tmp_path: Path) -> None:
    good, bad = write_report(tmp_path), tmp_path / "bad.json"
    bad.write_text("{", encoding="utf-8")
    ended = run("read", "report", bad, good, "--json")
    assert ended.code == 65
    first, second = ended.document["files"]
    assert set(first["error"]) == {"code", "where", "text"}
    assert first["records"] == 0
    assert (second["records"], second["error"]) == (1, None)
    assert ended.document["ok"] is False
    assert len(ended.err.splitlines()) == 1


def test_a_list_is_made_read_shown_and_screened(run: Run, home: Path, tmp_path: Path) -> None:
    made = run(
        *("lists", "make", "--entries", "20", "--seed", "3", "--format", "uk-csv", "--out", tmp_path / "l.csv"),
        "--json",
    ).document
    assert made["files"] == [str(tmp_path / "l.csv")]
    assert run("read", "uk", tmp_path / "l.csv", "--home", home, *who()).code == 0
    [shown] = run("lists", "show", "--home", home, *who(), "--json").document["lists"]
    assert (shown["source"], shown["entries"], shown["file"]) == ("uk-csv", 20, "l.csv")
    run("read", "uk", write_list(tmp_path / "own", ["Marko Izmišljotinović"]), "--home", home, *who())
    asked = ("screen", "--name", "Марко Измишљотиновић", "--born", "1975", "--home", home, *who())
    document = run(*asked, "--json").document
    [hit] = document["hits"]
    assert (hit["query"], hit["list"], hit["entry"]) == ("1", "uk", "TEST000001")
    assert set(document) >= {"ok", "queries", "hits", "not_screenable", "doubts", "lists", "cpu_s", "peak_rss_mb"}
    text = run(*asked, "--out", tmp_path / "hits.jsonl").out
    assert "Name agrees" in text
    assert "UK list of" in text or "uk list of" in text
    assert json.loads((tmp_path / "hits.jsonl").read_text(encoding="utf-8"))["finding"] == hit["finding"]
    assert "no hit" in run("screen", "--name", "Prudence Quillfeather", "--home", home, *who()).out
    unasked = run("screen", "--name", " ... ", "--home", home, *who()).out
    assert "query 1 was not screened" in unasked
    assert "no hit" not in unasked


def test_an_ofac_list_is_made_as_its_three_files(run: Run, tmp_path: Path) -> None:
    run("lists", "make", "--entries", "5", "--format", "ofac-csv", "--out", tmp_path / "ofac")
    assert sorted(path.name for path in (tmp_path / "ofac").iterdir()) == ["add.csv", "alt.csv", "sdn.csv"]
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert run("lists", "make", "--entries", "5", "--format", "ofac-csv", "--out", tmp_path / "file" / "x").code == 74


def test_a_finding_is_listed_shown_decided_and_released(run: Run, tmp_path: Path, home: Path) -> None:
    run("read", "uk", write_list(tmp_path, ["Ana Nepostojić"], start=7), "--home", home, *who())
    run("screen", "--name", "Ana Nepostojić", "--born", "1975-04-02", "--home", home, *who())
    listed = run("findings", "list", "--state", "open", "--home", home, *who(), "--json").document["findings"]
    [ref] = [one["id"] for one in listed if one["subjects"][1].endswith("TEST000007")]
    assert "date of birth" in run("findings", "show", ref[:14], "--home", home, *who()).out
    release = ("findings", "release", ref, "--out", tmp_path / "hit.json", "--reason", "asked", "--home", home, *who())
    assert run(*release).code == 77
    decide = ("findings", "decide", ref, "confirm", "--reason", "same day", "--home", home, *who())
    assert run(*decide, "--json").document["verb"] == "confirm"
    assert run(*decide).code == 77
    assert run(*("no/hit.json" if word == tmp_path / "hit.json" else word for word in release)).code == 74
    assert run(*release).code == 0
    assert "Nepostojić" in (tmp_path / "hit.json").read_text(encoding="utf-8")
    shown = run("findings", "show", ref, "--home", home, *who(), "--json").document
    assert [one["verb"] for one in shown["decisions"]] == ["confirm", "release"]
    assert "same day" in run("findings", "show", ref, "--home", home, *who()).out


def test_a_state_that_no_finding_is_ever_in_is_refused(run: Run, home: Path) -> None:
    for state in STATES:
        assert run("findings", "list", "--state", state, "--home", home, *who()).code == 0
    assert {"open", *Verb} - {Verb.UNDO} == {*STATES}
    ended = run("findings", "list", "--state", "confirmed", "--home", home, *who())
    assert (ended.code, ended.out) == (2, "")
    assert "'confirm'" in ended.err


@pytest.mark.parametrize(("words", "option"), FILES_TO_WRITE)
def test_a_file_that_could_not_be_written_is_told_before_anything_is_done(
    run: Run, tmp_path: Path, words: str, option: str
) -> None:
    ended = run(*words.split(), option, tmp_path / "no" / "file", "--json")
    assert ended.code == 74
    assert ended.document["error"]["code"] == "store.io"
    assert "make the folder" in ended.err


def test_an_engine_is_run_with_parameters_from_a_file(run: Run, tmp_path: Path, home: Path) -> None:
    run("read", "uk", write_list(tmp_path, ["Ana Nepostojić"], start=7), "--home", home, *who())
    params = tmp_path / "params.json"
    params.write_text(json.dumps({"queries": [{"id": "1", "name": "Ana Nepostojić"}], "lists": ["uk-csv"]}))
    assert run("findings", "run", "match", params, "--home", home, *who(), "--json").document["engine"] == "match"
    params.write_text("[]")
    assert run("findings", "run", "match", params, "--home", home, *who()).code == 65


def test_the_ledger_is_verified_its_head_kept_and_its_events_shown(run: Run, tmp_path: Path, home: Path) -> None:
    head = tmp_path / "head.json"
    assert run("audit", "head", "--out", head, "--home", home).code == 0
    verified = run("audit", "verify", "--head", head, "--home", home, "--json")
    assert verified.code == 0
    assert set(verified.document) == {"ok", "size", "root", "problems"}
    assert verified.document["problems"] == []
    assert "nothing is wrong" in run("audit", "verify", "--home", home).out
    shown = run("audit", "show", "--last", "2", "--home", home, *who(AUDITOR), "--json").document["events"]
    assert len(shown) == 2
    assert run("audit", "show", "--home", home, *who()).code == 77
    assert run("audit", "show", "--kind", "exchange.alarms", "--home", home, *who(AUDITOR)).out == "none\n"
    assert run("audit", "head", "--out", tmp_path / "no" / "head", "--home", home).code == 74


def test_a_ledger_that_was_rewritten_is_74_and_one_that_was_put_back_is_76(run: Run, tmp_path: Path) -> None:
    home = tmp_path / "uk"
    run("node", "init", "--home", home, "--authority", "UK-NCA", *who())
    store = home / "store.sqlite"
    before = store.read_bytes()
    run("user", "list", "--home", home, *who())
    run("user", "add", "n.new", "--role", "analyst", "--home", home, *who())
    run("audit", "head", "--out", tmp_path / "head.json", "--home", home)
    after = store.read_bytes()
    store.write_bytes(after.replace(b"user.added", b"user.acted", 1))
    ended = run("audit", "verify", "--home", home, "--json")
    assert (ended.code, ended.document["ok"]) == (74, False)
    store.write_bytes(before)
    ended = run("audit", "verify", "--head", tmp_path / "head.json", "--home", home, "--json")
    assert (ended.code, ended.document["ok"]) == (76, False)
    assert "trust.rollback" in ended.err
    assert run("audit", "verify", "--home", home).code == 0


def test_a_case_is_taken_in_checked_sealed_and_verified(run: Run, tmp_path: Path, home: Path) -> None:
    urn, out = "00EX0000126", tmp_path / "bundle"
    ready = write_case(tmp_path / "folder", lambda case: case["material"].append({}) or case["material"].pop())
    assert run("case", "new", "--from", ready, "--home", home, *who(), "--json").document["id"] == urn
    assert run("case", "new", "--from", ready, "--home", home, *who()).code == 77
    assert run("case", "check", urn, "--home", home, *who()).out.startswith("ready")
    assert f"{urn}  not sealed" in run("case", "list", "--home", home, *who()).out
    sealed = run("case", "seal", urn, "--out", out, "--home", home, *who(SUPERVISOR), "--json").document
    run("node", "card", "--out", tmp_path / "uk.card", "--home", home, *who())
    verified = run("case", "verify", out, "--trust", tmp_path / "uk.card", "--json")
    assert (verified.code, verified.document["root"]) == (0, sealed["root"])
    exhibit = next(path for path in (out / "data" / "exhibits").iterdir() if path.name.startswith("JS"))
    exhibit.write_bytes(b"x" + exhibit.read_bytes()[1:])
    ended = run("case", "verify", out, "--json")
    assert ended.code == 76
    assert "JS/1" in {problem["exhibit"] for problem in ended.document["problems"]}
    assert "exhibit JS/1" in ended.err
    assert run("case", "verify", out, "--trust", "nonsense").code == 65


def test_a_case_that_is_not_ready_is_65_and_says_what_it_lacks(run: Run, tmp_path: Path) -> None:
    home = tmp_path / "uk"
    run("node", "init", "--home", home, "--authority", "UK-NCA", *who())
    run(
        "case",
        "new",
        "--from",
        write_case(tmp_path / "f", lambda case: case.update(elements=[])),
        "--home",
        home,
        *who(),
    )
    ended = run("case", "check", "00EX0000126", "--home", home, *who(), "--json")
    assert ended.code == 65
    assert "element-unproved" in {problem["code"] for problem in ended.document["problems"]}


def test_a_message_to_nobody_is_76_and_an_empty_house_has_no_mail(run: Run, tmp_path: Path, home: Path) -> None:
    letter = tmp_path / "letter.json"
    letter.write_text('{"text": "Exercise."}', encoding="utf-8")
    send = ("send", "spontaneous", letter, "--to", "RS-MOI", "--agreement", "A", "--home", home, *who())
    assert run(*send).code == 76
    assert run(*send, "--dry-run").code == 76
    assert run("inbox", "list", "--home", home, *who()).out == "nothing\n"
    assert run("inbox", "show", "x", "--home", home, *who()).code == 65
    assert run("partner", "list", "--home", home, *who()).out == "none\n"
    assert run("approve", "019abb6c-0000-7000-8000-000000000000", "--home", home, *who(SUPERVISOR)).code == 77


def test_questions_of_conformance_are_answered_one_a_line(run: Run, tmp_path: Path) -> None:
    leaf = "00" * 32
    question = {"kind": "inclusion", "index": 0, "size": 1, "leaf_hash": leaf, "proof": [], "root": leaf}
    path = tmp_path / "q.jsonl"
    path.write_text("".join(json.dumps({"id": at, **question}) + "\n" for at in range(3)), encoding="utf-8")
    ended = run("conformance", "merkle", path)
    assert [json.loads(line) for line in ended.out.splitlines()] == [{"id": at, "valid": True} for at in range(3)]
    together = run("conformance", "merkle", path, "--json").document
    assert together["answers"] == [{"id": at, "valid": True} for at in range(3)]
    path.write_text(json.dumps({"id": 1, **question}) + '\n{"id": 2}\n', encoding="utf-8")
    ended = run("conformance", "merkle", path)
    assert ended.code == 65
    assert "line 2" in ended.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_completion(run: Run, shell: str) -> None:
    script = run("completion", shell).out
    assert "_HEADWATER_COMPLETE" in script
    assert run("completion", shell, "--json").document["script"].strip() == script.strip()


def test_the_shell_completes_verbs() -> None:
    env = {**os.environ, "_HEADWATER_COMPLETE": "bash_complete", "COMP_WORDS": "headwater conf", "COMP_CWORD": "1"}
    code = "import sys; sys.argv[0] = 'headwater'; from headwater.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert done.stdout == "plain,conformance\n"


def test_bash_completes_with_the_script_as_the_page_tells_to_load_it() -> None:
    script = """eval "$(headwater completion bash)"
        COMP_WORDS=(headwater node do); COMP_CWORD=2; _headwater_completion headwater; echo "${COMPREPLY[*]}"
        COMPREPLY=(); COMP_WORDS=(headwater screen --sin); COMP_CWORD=2; _headwater_completion headwater; echo "${COMPREPLY[*]}"
        complete -p headwater"""
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["bash", "--norc", "-c", script], env=env, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[:2] == ["doctor", "--since"], done.stderr
    assert "_headwater_completion" in done.stdout.splitlines()[2]


@pytest.mark.parametrize("setting", [{"NO_COLOR": "1"}, {}])
def test_no_colour_is_written_where_nobody_sees_it(setting: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "headwater", "screen"], env={**os.environ, **setting}, capture_output=True, check=False
    )
    assert done.returncode == 2
    assert b"\x1b" not in done.stdout + done.stderr


def test_serving_at_an_address_that_is_taken_is_refused_in_one_line(home: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        done = subprocess.run(
            [sys.executable, "-m", "headwater", "node", "serve", "--home", str(home), "--listen", listen],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 78
    [line] = done.stderr.splitlines()
    assert line.startswith(f"error settings: cannot listen on {listen}")

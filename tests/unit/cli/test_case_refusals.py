"""Each row of refusals: the exit code that a script sees, and the word or place that a person reads."""

import itertools
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from headwater.node.system import SystemClock
from tests.case_world import CANARIES, CASE, VICTIM_NAME, Change, write_case
from tests.node_world import GUARDIAN, SUPERVISOR, init
from tests.unit.cli.conftest import Run, who

pytestmark = pytest.mark.slow

URN = "00EX0000126"
SECRET = "zzTELLTALEzz"


def put(*path: str | int, value: Any) -> Change:
    def change(case: dict[str, Any]) -> None:
        at: Any = case
        for part in path[:-1]:
            at = at[part]
        at[path[-1]] = value

    return change


NEW: list[tuple[str, Change, str]] = [
    ("a file that is missing", put("exhibits", 0, "file", value=f"exhibits/{SECRET}"), "exhibits[0].file"),
    ("a file outside the folder", put("exhibits", 0, "file", value=f"../{SECRET}"), "exhibits[0].file"),
    ("a reference repeated", put("exhibits", 1, "ref", value="js / 1"), "exhibits[1].ref"),
    ("an unknown category", put("persons", 0, "category", value=SECRET), "persons[0].category"),
    ("no category", lambda case: case["persons"][0].pop("category"), "persons[0].category"),
    ("an unknown person", put("exhibits", 0, "producer", value=SECRET), "exhibits[0].producer"),
    ("an unknown handling code", put("exhibits", 0, "handling", value=SECRET), "exhibits[0].handling"),
    ("an unknown exhibit", put("elements", 0, "proved_by", value=["ZZ/9"]), "elements[0].proved_by"),
    ("an unknown offence code", put("offences", 0, "code", value=SECRET), "offences[0].code"),
    ("an unknown element", put("elements", 0, "element", value=SECRET), "elements[0].element"),
    ("a time without a zone", put("custody", 0, "at", value="2026-02-11T04:20:00"), "custody[0].at"),
    ("a time in words", put("exhibits", 0, "captured_at", value=SECRET), "exhibits[0].captured_at"),
    ("no purpose", lambda case: case["case"].pop("purpose"), "case.purpose"),
    ("another URN", put("case", "urn", value="0EX0000126"), "case.urn"),
    ("MG6D without a reason", lambda case: case["material"][2].pop("reason"), "material[2].reason"),
    ("a block without a count", lambda case: case["material"][1].pop("count"), "material[1].count"),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return init(tmp_path_factory.mktemp("refusals") / "uk", first_responder=True)


@pytest.mark.parametrize(("change", "place"), [row[1:] for row in NEW], ids=[row[0] for row in NEW])
def test_case_new_refuses_with_65_and_the_place_and_without_the_content(
    run: Run, tmp_path: Path, home: Path, change: Change, place: str
) -> None:
    ended = run("case", "new", "--from", write_case(tmp_path, change), "--home", home, *who(), "--json")
    assert ended.code == 65
    assert ended.document["error"]["where"] == f"case.json, field '{place}'"
    assert SECRET not in ended.out + ended.err
    assert "case.json" in ended.err


def indicator(case: dict[str, Any]) -> None:
    case["indicators"].append({**case["indicators"][0], "person": "P1"})


def decided_early(case: dict[str, Any]) -> None:
    case["decisions"][0].update(at="2026-02-11T10:00:00Z")


def custody(event: str, by: str, at: str) -> Change:
    row = {"exhibit": "JS/1", "event": event, "by": by, "at": at, "place": "store"}
    return lambda case: case["custody"].append(row)


CHECK: dict[str, Change] = {
    "element-unproved": lambda case: case["elements"].pop(),
    "suspect-without-offence": lambda case: case["offences"][0].update(defendants=[]),
    "description-too-thin": lambda case: case["exhibits"][0].update(description="Form MG 11"),
    "block-listing": lambda case: case["material"][1].update(count=201),
    "not-evidence": lambda case: case["elements"][0]["proved_by"].append("RS/1"),
    "unlisted-material": lambda case: case["material"].pop(2),
    "custody-gap": lambda case: case.update(custody=case["custody"][2:]),
    "custody-order": custody("examined", "P5", "2026-02-10T09:00:00Z"),
    "custody-by-suspect": custody("examined", "P1", "2026-02-14T09:00:00Z"),
    "search-without-terms": lambda case: case["searches"][0].update(terms=[" "]),
    "s45-not-considered": indicator,
    "indicator-without-decision": lambda case: case.update(decisions=[]),
    "decision-before-indicator": decided_early,
    "smuggled-person-as-suspect": lambda case: case["offences"][0].update(defendants=["P1", "P3"]),
}
NUMBERS = itertools.count(200)


@pytest.mark.parametrize("code", CHECK)
def test_case_check_ends_with_65_and_the_code(run: Run, tmp_path: Path, home: Path, code: str) -> None:
    urn = f"00EX0000{next(NUMBERS)}"

    def change(case: dict[str, Any]) -> None:
        CHECK[code](case)
        case["case"]["urn"] = urn

    assert run("case", "new", "--from", write_case(tmp_path, change), "--home", home, *who()).code == 0
    ended = run("case", "check", urn, "--home", home, *who(), "--json")
    assert ended.code == 65
    assert code in {problem["code"] for problem in ended.document["problems"]}
    assert code in run("case", "check", urn, "--home", home, *who()).out


@pytest.fixture(scope="module")
def case(home: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A case at the node that is not ready, and whose first exhibit names a victim."""
    import subprocess
    import sys

    def change(case: dict[str, Any]) -> None:
        case["elements"].pop()
        case["case"]["urn"] = "00EX0000900"

    folder = write_case(
        tmp_path_factory.mktemp("leak"), change, {"exhibits/JS_1_scan_note.txt": f"met {VICTIM_NAME.upper()}"}
    )
    words = ["-m", "headwater", "case", "new", "--from", str(folder), "--home", str(home), *who()]
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    return "00EX0000900"


def test_a_graph_that_is_wrong_is_65_and_one_that_is_none_too(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "case.jsonld"
    path.write_text('{"@context":{"c":"http://x/"},"@graph":[{"@id":"kb:1","c:x":"y"}]}', encoding="utf-8")
    ended = run("case", "check", path, "--json")
    assert (ended.code, [problem["code"] for problem in ended.document["problems"]]) == (65, ["wrong-kind"])
    path.write_text("{", encoding="utf-8")
    ended = run("case", "check", path)
    assert (ended.code, ended.err.split(":")[0]) == (65, "error input.format")


def test_a_file_that_is_not_ready_does_not_go_to_the_prosecutor(
    run: Run, tmp_path: Path, home: Path, case: str
) -> None:
    ended = run(
        "case", "export", case, "--view", "prosecutor", "--out", tmp_path / "x", "--home", home, *who(SUPERVISOR)
    )
    assert ended.code == 65
    assert "element-unproved" in ended.err


def test_a_leak_is_77_and_names_items_by_reference_only(run: Run, tmp_path: Path, home: Path, case: str) -> None:
    for words in (("seal", case), ("export", case, "--view", "defence")):
        ended = run("case", *words, "--out", tmp_path / "x", "--home", home, *who(SUPERVISOR), "--json")
        assert ended.code == 77
        assert "JS/1" in ended.err
        assert [canary for canary in CANARIES if canary.lower() in (ended.out + ended.err).lower()] == []
    ended = run(
        "case", "export", case, "--view", "defence", "--out", tmp_path / "x", "--withhold-blocked", "--home", home,
        *who(SUPERVISOR), "--json",
    )  # fmt: skip
    assert ended.code == 0
    assert not (tmp_path / "x" / "data" / "exhibits" / "JS_1.txt").exists()


def test_without_a_legal_basis_it_is_77(run: Run, tmp_path: Path, home: Path, case: str) -> None:
    out = tmp_path / "letter.pdf"
    ended = run(
        "case", "request", case, "--to", "xk", "--items", "RS/1", "--out", out, "--home", home, *who(SUPERVISOR)
    )
    assert (ended.code, out.exists()) == (77, False)
    assert "legal-basis" in ended.err


def test_an_item_that_is_not_in_the_case_cannot_be_asked_for(run: Run, tmp_path: Path, home: Path, case: str) -> None:
    out = tmp_path / "letter.pdf"
    ended = run(
        "case", "request", case, "--to", "rs", "--items", "ZZ/9", "--out", out, "--home", home, *who(SUPERVISOR)
    )
    assert (ended.code, "--items" in ended.err) == (65, True)


@pytest.mark.parametrize(
    ("words", "code", "word"),
    [
        (("check", "00EX0000999"), 77, "no such case"),
        (("seal", "00EX0000999", "--out", "x"), 77, "no such case"),
        (("export", "00EX0000999", "--view", "defence", "--out", "x"), 77, "no such case"),
        (("export", "00EX0000999", "--view", "judge", "--out", "x"), 65, "no such view"),
        (("schedule", "00EX0000999", "--form", "mg6c", "--out", "x"), 77, "no such case"),
        (("receipt", "nowhere", "--out", "x"), 76, "cannot be read"),
        (("receipt", "nowhere"), 2, "--out"),
        (("replay", "nowhere", "fnd-1"), 76, "cannot be read"),
        (("add", "00EX0000999"), 2, "--item"),
    ],
)
def test_what_is_not_there_is_refused_by_every_verb(
    run: Run, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: int, word: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = run("case", *words, "--home", home, *who(SUPERVISOR))
    assert ended.code == code
    assert word in ended.err


def test_what_is_no_bundle_is_not_said_to_have_been_altered(run: Run, tmp_path: Path, home: Path) -> None:
    (tmp_path / "view.zip").write_bytes(b"PK")
    for place in (tmp_path / "nowhere", tmp_path / "view.zip", home):
        ended = run("case", "verify", place)
        assert (ended.code, ended.out) == (65, "")
        assert "name the folder of the bundle" in ended.err
    (tmp_path / "verify.py").touch()
    assert run("case", "verify", tmp_path).code == 76


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("custody", "--exhibit", "ZZ/1", "--event", "examined"), "no such exhibit in the case; --exhibit"),
        (("custody", "--exhibit", "JS/1", "--event", "examined", "--by", "P99"), "no such person in the case; --by"),
        (("custody", "--exhibit", "JS/1", "--event", "eaten"), "no such event; --event; name one of seized"),
        (("add", "--item", "no file.txt", "--ref", "JS/9"), "there is no such file; no file.txt"),
    ],
)
def test_what_is_wrong_is_named_by_its_option(
    run: Run, home: Path, case: str, words: tuple[str, ...], told: str
) -> None:
    verb, *given = words
    at = ("--place", "lab") if verb == "custody" else ()
    ended = run("case", verb, case, *given, *at, "--home", home, *who())
    assert ended.code == 65
    assert told in ended.err


def test_a_stamp_by_nobody_is_refused(run: Run, tmp_path: Path, home: Path) -> None:
    def change(case: dict[str, Any]) -> None:
        case["case"]["urn"] = "00EX0000901"

    run("case", "new", "--from", write_case(tmp_path / "f", change), "--home", home, *who())
    seal = ("case", "seal", "00EX0000901", "--out", tmp_path / "b", "--home", home, *who(SUPERVISOR))
    assert run(*seal, "--stamp", "perhaps").code == 65
    assert run(*seal, "--stamp", f"local:{tmp_path}").code == 65
    assert run(*seal, "--stamp", "http://127.0.0.1:9/").code == 75
    assert not (tmp_path / "b").exists()
    run("node", "stamp-authority", "--out", tmp_path / "tsa")
    assert run(*seal, "--stamp", f"local:{tmp_path / 'tsa'}", "--json").document["stamped"] is True
    verified = run("case", "verify", tmp_path / "b", "--stamp-root", tmp_path / "tsa" / "ca.pem", "--json")
    assert (verified.code, verified.document["stamp_compared"]) == (0, True)
    assert run("case", "verify", tmp_path / "b", "--stamp-root", tmp_path / "none").code == 65
    assert run("case", "verify", tmp_path / "b", "--anchor", tmp_path / "none").code == 65


def test_whatever_is_not_as_it_was_sealed_ends_with_76_the_stamp_too(
    run: Run, tmp_path: Path, home: Path, case: str
) -> None:
    for name in ("tsa", "other"):
        run("node", "stamp-authority", "--out", tmp_path / name)
    seal = ("case", "seal", case, "--withhold-blocked", "--home", home, *who(SUPERVISOR))
    for name in ("b", "another"):
        assert run(*seal, "--out", tmp_path / name, "--stamp", f"local:{tmp_path / 'tsa'}").code == 0
    run("node", "card", "--out", tmp_path / "uk.card", "--home", home, *who())
    other = init(tmp_path / "rs", authority="RS-MOI")
    run("node", "card", "--out", tmp_path / "rs.card", "--home", other, *who())
    bundle, root = tmp_path / "b", ("--stamp-root", tmp_path / "tsa" / "ca.pem")
    stamp = next(path for path in bundle.rglob("*") if path.suffix == ".tsr")
    true = stamp.read_bytes()
    theirs = (tmp_path / "another" / stamp.relative_to(bundle)).read_bytes()
    exhibit = next((bundle / "data" / "exhibits").iterdir())
    check = ("case", "verify", bundle, "--json")
    assert run(*check, "--trust", tmp_path / "uk.card", *root).code == 0
    assert run(*check, "--stamp-root", tmp_path / "other" / "ca.pem").code == 76
    assert run(*check, "--trust", tmp_path / "rs.card").code == 76
    for path, before, after in ((stamp, true, theirs), (stamp, true, true[:-3]), (exhibit, exhibit.read_bytes(), b"x")):
        path.write_bytes(after)
        for more in ((), root):
            ended = run(*check, *more)
            assert (ended.code, ended.document["problems"] != []) == (76, True), (path.name, more)
        path.write_bytes(before)
    assert run(*check, *root).code == 0


def test_a_receipt_tells_whether_the_sealers_key_was_compared_with_anything(
    run: Run, tmp_path: Path, home: Path, case: str
) -> None:
    bundle, other = tmp_path / "b", init(tmp_path / "rs", authority="RS-MOI")
    assert run("case", "seal", case, "--withhold-blocked", "--out", bundle, "--home", home, *who(SUPERVISOR)).code == 0
    run("node", "card", "--out", tmp_path / "uk.card", "--home", home, *who())
    received = ("case", "receipt", bundle, "--home", other, *who())
    blind = run(*received, "--out", tmp_path / "1.json")
    assert (blind.code, "compared with none" in blind.out) == (0, True)
    sure = run(*received, "--out", tmp_path / "2.json", "--trust", tmp_path / "uk.card", "--json")
    assert (sure.code, sure.document["key_compared"]) == (0, True)


def test_reading_about_a_victim_is_77_without_a_grant_and_after_it_has_ended(run: Run, home: Path, case: str) -> None:
    [folder] = (home / "cases").glob(f"{case}-*")
    document = json.loads((folder / "case.json").read_text("utf-8"))
    name = next(row["name"] for row in document["persons"] if row["id"] == "P4")
    safeguard = ("--home", home, *who(GUARDIAN))
    for asked in (name, "Person FFFFFFFFFF"):
        ended = run("safeguard", "read", asked, "--reason", "care", *safeguard)
        assert (ended.code, ended.err.split(":")[0]) == (77, "error policy.forbidden")
    run("user", "add", "l.lead", "--role", "safeguarding", "--home", home, *who())
    lead = ("--home", home, *who("l.lead"))
    past = run("safeguard", "grant", name, "--to", GUARDIAN, "--until", "2020-01-01T00:00:00Z", "--reason", "x", *lead)
    assert past.code == 65
    given = run("safeguard", "grant", name, "--to", GUARDIAN, "--until", "2099-01-01T00:00:00Z", "--reason", "x", *lead)
    assert given.code == 0
    found = run("safeguard", "read", name, "--reason", "care", *safeguard, "--json").document
    assert {"field": "name", "value": CASE["persons"][2]["name"]} in found["fields"]
    assert (
        run(
            "safeguard", "grant", name, "--to", "l.lead", "--until", "2099-01-01T00:00:00Z", "--reason", "x", *lead
        ).code
        == 77
    )


def test_a_task_is_reported_decided_and_gone_from_the_list(run: Run, home: Path, case: str) -> None:
    [folder] = (home / "cases").glob(f"{case}-*")
    document = json.loads((folder / "case.json").read_text("utf-8"))
    name = next(row["name"] for row in document["persons"] if row["id"] == "P3")
    safeguard = ("--home", home, *who(GUARDIAN), "--json")
    report = ("safeguard", "report", name, "--where", "lane 2", "--why", "no papers of their own")
    assert run(*report, "--code", "strong.unheard-of", *safeguard).code == 65
    task = run(*report, "--code", "strong.papers-taken", "--woman-officer", *safeguard).document["task"]
    decide = ("safeguard", "decide", task, "--outcome", "referral", "--reason", "wants help")
    assert run(*decide, *safeguard).code == 77
    assert task in {row["task"] for row in run("safeguard", "tasks", *safeguard).document["tasks"]}
    assert run(*decide, "--consent", *safeguard).code == 0
    assert task not in {row["task"] for row in run("safeguard", "tasks", *safeguard).document["tasks"]}
    assert run("safeguard", "decide", "task-0", "--outcome", "declined", "--reason", "x", *safeguard).code == 77
    assert run("safeguard", "notified", task, "--reference", "MS/1", *safeguard).code == 77
    assert run("safeguard", "due", *safeguard).document["due"] == []
    assert len(run("safeguard", "indicators", "--json").document["dimensions"]) == 6


def test_a_replay_at_home_compares_the_key_that_it_was_told_to_trust(
    run: Run, home: Path, case: str, tmp_path: Path
) -> None:
    bundle, other = tmp_path / "b", init(tmp_path / "rs", authority="RS-MOI")
    assert run("case", "seal", case, "--withhold-blocked", "--out", bundle, "--home", home, *who(SUPERVISOR)).code == 0
    run("node", "card", "--out", tmp_path / "rs.card", "--home", other, *who())
    for where in ((), ("--home", home, *who(SUPERVISOR))):
        ended = run("case", "replay", bundle, "fnd-1", "--trust", tmp_path / "rs.card", *where)
        assert (ended.code, ended.err.split(":")[0]) == (76, "error trust.key"), ended.err


def test_the_list_of_tasks_says_late_of_each_that_is(
    run: Run, home: Path, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    [folder] = (home / "cases").glob(f"{case}-*")
    document = json.loads((folder / "case.json").read_text("utf-8"))
    name = next(row["name"] for row in document["persons"] if row["id"] == "P3")
    safeguard = ("--home", home, *who(GUARDIAN))
    report = ("safeguard", "report", name, "--where", "lane 3", "--why", "no papers", "--woman-officer")
    task = run(*report, "--code", "strong.papers-taken", *safeguard, "--json").document["task"]

    def line() -> str:
        return next(one for one in run("safeguard", "tasks", *safeguard).out.splitlines() if task in one)

    assert line().startswith(task)
    assert "woman officer" in line()
    later = SystemClock().now() + timedelta(days=30)
    monkeypatch.setattr(SystemClock, "now", lambda _: later)
    assert line().startswith("LATE ")

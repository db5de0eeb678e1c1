"""The command door: every command that acts for a user at a node, for every role; a command that is in no table fails.

Whoever may not gets exit 77 and a line that names the rule, and everything that the node holds is what it held before.
"""

import io
import json
from collections.abc import Callable
from typing import Final

import pytest

from headwater.cli import main
from headwater.exercise.river_night import river_night, write_night
from headwater.policy.acts import Act, Role
from tests import authz_world, node_world
from tests.authz_world import URN, Stock, changed, denied, inventory, only, purpose_of
from tests.case_world import write_case
from tests.unit.cli.test_commands import LEAVES

MESSAGE: Final = "01a2150c-71ae-7357-b248-232d4e0be835"
WHY: Final = "--reason matrix"

ACTS: Final[dict[str, tuple[Act, str]]] = {
    "amend erase": (Act.FACT_AMEND, f"{{record}} {WHY}"),
    "amend rectify": (Act.FACT_AMEND, f"{{record}} --with {{record}} {WHY}"),
    "amend regrade": (Act.FACT_AMEND, f"{{record}} --with {{record}} {WHY}"),
    "amend restrict": (Act.FACT_AMEND, f"{{record}} {WHY}"),
    "amend status": (Act.MESSAGE_LOOK, ""),
    "amend text": (Act.MESSAGE_ACCEPT, f"{MESSAGE} --strip {WHY}"),
    "amend texts": (Act.MESSAGE_LOOK, ""),
    "approve": (Act.MESSAGE_APPROVE, MESSAGE),
    "audit report": (Act.REPORT_MAKE, "--year 2026"),
    "audit show": (Act.LEDGER_SHOW, ""),
    "case add": (Act.CASE_ADD, f"{URN} --item {{file}} --ref XX/1 --description x --producer P5 --captured-at 2026-02-11T04:12:00Z --handling TLP:AMBER --status evidential"),
    "case check": (Act.CASE_LOOK, URN),
    "case custody": (Act.CASE_ADD, f"{URN} --exhibit JS/1 --event moved --place here"),
    "case export": (Act.CASE_EXPORT, f"{URN} --view court --out {{out}}"),
    "case list": (Act.CASE_LOOK, ""),
    "case new": (Act.CASE_OPEN, "--from {case}"),
    "case receipt": (Act.CASE_VERIFY, "{case} --out {out}"),
    "case request": (Act.CASE_EXPORT, f"{URN} --to rs --items RS/1 --out {{out}}"),
    "case schedule": (Act.CASE_SCHEDULE, f"{URN} --form mg6c --out {{out}}"),
    "case seal": (Act.CASE_SEAL, f"{URN} --out {{out}} --withhold-blocked"),
    "consent ask": (Act.MESSAGE_SEND, f"{{record}} --to XK-KP {WHY}"),
    "consent give": (Act.CONSENT_GIVE, MESSAGE),
    "consent refuse": (Act.CONSENT_GIVE, MESSAGE),
    "customers keep": (Act.LIST_SCREEN, "bank {file}"),
    "customers list": (Act.LIST_SCREEN, ""),
    "customers rescreen": (Act.LIST_SCREEN, "bank"),
    "figures chart": (Act.FIGURES_RUN, "x --out {out}"),
    "figures claim": (Act.FIGURES_RUN, "--text x"),
    "figures import": (Act.FIGURES_RUN, "csv-long {file}"),
    "figures publish": (Act.FIGURES_PUBLISH, "{table} --out {out}"),
    "figures show": (Act.FIGURES_RUN, "x"),
    "figures table": (Act.FIGURES_RUN, "x --out {out}"),
    "findings decide": (Act.FINDING_DECIDE, f"{{finding}} dismiss {WHY}"),
    "findings list": (Act.FINDING_LOOK, ""),
    "findings release": (Act.FINDING_RELEASE, f"{{finding}} --out {{out}} {WHY}"),
    "findings run": (Act.RECORD_LOOK, "match {file}"),
    "findings show": (Act.FINDING_LOOK, "{finding}"),
    "inbox accept": (Act.MESSAGE_ACCEPT, f"{MESSAGE} {WHY}"),
    "inbox answer": (Act.MESSAGE_SEND, f"{MESSAGE} {{letter}} --result none"),
    "inbox files": (Act.MESSAGE_LOOK, ""),
    "inbox keep": (Act.MESSAGE_ACCEPT, f"{{record}} {WHY}"),
    "inbox list": (Act.MESSAGE_LOOK, ""),
    "inbox refuse": (Act.MESSAGE_REFUSE, f"{MESSAGE} {WHY}"),
    "inbox save": (Act.MESSAGE_LOOK, f"{MESSAGE} name --out {{out}}"),
    "inbox show": (Act.MESSAGE_LOOK, MESSAGE),
    "inbox table": (Act.RECORD_ADD, f"{MESSAGE} name"),
    "inbox tell": (Act.MESSAGE_ACCEPT, f"{MESSAGE} read"),
    "link explain": (Act.RECORD_LINK, "UK-NCA/a UK-NCA/b"),
    "link judge": (Act.FINDING_DECIDE, f"UK-NCA/a UK-NCA/b same {WHY}"),
    "link run": (Act.RECORD_LINK, ""),
    "lists token": (Act.USER_CHANGE, f"{node_world.WRITER}"),
    "node backup": (Act.NODE_BACK_UP, "--out {out} --passphrase-file {phrase}"),
    "node card": (Act.KEY_CHANGE, "--renew"),
    "node move": (Act.NODE_BACK_UP, "--to postgresql:///matrix"),
    "ofsi report": (Act.FINDING_DECIDE, "{finding} --organisation X"),
    "ofsi review": (Act.FINDING_DECIDE, "--year 2026 --organisation X"),
    "partner add": (Act.PARTNER_ADD, "{file}"),
    "partner clear": (Act.PARTNER_SUSPEND, f"RS-MOI {WHY}"),
    "partner confirm": (Act.PARTNER_CONFIRM, "RS-MOI 12345"),
    "partner list": (Act.PARTNER_LOOK, ""),
    "partner resume": (Act.PARTNER_SUSPEND, f"RS-MOI {WHY}"),
    "partner revoke": (Act.PARTNER_REVOKE, f"RS-MOI {WHY}"),
    "partner sign": (Act.AGREEMENT_SIGN, "{file} --out {out}"),
    "partner suspend": (Act.PARTNER_SUSPEND, f"RS-MOI {WHY}"),
    "partner sync": (Act.PARTNER_LOOK, "RS-MOI --wait 0"),
    "prove": (Act.PROOF_MAKE, f"{MESSAGE} --out {{out}}"),
    "read": (Act.RECORD_ADD, "report {report}"),
    "request": (Act.MESSAGE_SEND, "{letter} --to RS-MOI --agreement EX"),
    "safeguard assessment": (Act.REPORT_MAKE, "--out {out}"),
    "safeguard decide": (Act.TASK_DECIDE, f"task-1 --outcome dismissed {WHY}"),
    "safeguard due": (Act.IDENTITY_ERASE, ""),
    "safeguard erase": (Act.IDENTITY_ERASE, f"Person {WHY}"),
    "safeguard grant": (Act.IDENTITY_GRANT, f"Person --to {node_world.WRITER} --until 2099-01-01T00:00:00Z {WHY}"),
    "safeguard link": (Act.IDENTITY_LOOK, f"one other {WHY}"),
    "safeguard notified": (Act.TASK_DECIDE, "task-1 --reference x"),
    "safeguard read": (Act.IDENTITY_LOOK, f"Person {WHY}"),
    "safeguard release": (Act.ITEM_RELEASE, f"{URN} JS/1 --view court --until 2099-01-01T00:00:00Z {WHY} --basis x"),
    "safeguard report": (Act.INDICATOR_REPORT, "Person --code medium.debt-to-carrier --where x --why x"),
    "safeguard suspect": (Act.SUSPECT_MAKE, f"{URN} P3 --offence ia1971-s25 {WHY}"),
    "safeguard tasks": (Act.TASK_LOOK, ""),
    "safeguard withheld": (Act.ITEM_RELEASE, URN),
    "scan detect": (Act.IMAGE_SCAN, "{file}"),
    "screen": (Act.LIST_SCREEN, "--name Nobody"),
    "send": (Act.MESSAGE_SEND, "spontaneous {letter} --to RS-MOI --agreement EX"),
    "taxii dump": (Act.RECORD_LOOK, "--out {out}"),
    "taxii export": (Act.RECORD_LOOK, "stix --out {out}"),
    "taxii held": (Act.RECORD_LOOK, ""),
    "taxii load": (Act.COLLECTION_CHANGE, "{file}"),
    "taxii match": (Act.TABLE_TRACE, ""),
    "taxii pull": (Act.RECORD_ADD, "http://127.0.0.1:9/x/ --collection x --originator RS-MOI"),
    "taxii push": (Act.FINDING_RELEASE, "http://127.0.0.1:9/x/ --collection x"),
    "taxii release": (Act.MESSAGE_SEND, "--to RS-MOI --agreement EX"),
    "taxii user add": (Act.USER_CHANGE, f"{node_world.WRITER} --password-stdin"),
    "trace features": (Act.TABLE_TRACE, "--out {out}"),
    "trace follow": (Act.TABLE_TRACE, "p1"),
    "trace run": (Act.TABLE_TRACE, ""),
    "user add": (Act.USER_CHANGE, "x.new --role admin"),
    "user disable": (Act.USER_CHANGE, node_world.SUPERVISOR),
    "user reset": (Act.USER_CHANGE, node_world.SUPERVISOR),
    "user show": (Act.USER_CHANGE, node_world.SUPERVISOR),
    "watch alert": (Act.DETECTION_WATCH, "{night} --as sapient --context {context} --out {out}"),
    "watch expire": (Act.DETECTION_WATCH, ""),
    "watch share": (Act.MESSAGE_SEND, "{night} --as sapient --context {context} --out {out} --to RS-MOI --agreement EX --text x"),
    "watch widen": (Act.DETECTION_WIDEN, "{finding} --context {context} --until 2026-12-01 --why x"),
}  # fmt: skip
"""What each asks for, and words that lead to that question. Who may is said in `policy.acts` and nowhere else."""

FOR_EVERYBODY: Final[dict[str, str]] = {
    "case replay": "a bundle at hand holds its own inputs; what the node holds is read by a view",
    "lists fetch": "fetches public lists into a folder; only kept at a node where one is named, as `read` does",
    "lists show": "which editions of published lists are in force; no entry is shown",
    "node init": "makes a node of which nobody is a user yet",
    "user list": "colleagues' names and roles, for whoever is a user",
    "watch fuse": "joins files; a partner's message is read as `inbox save` reads it",
}
"""Commands with a user that ask for no act of their own, and why."""

WITHOUT_USER: Final = frozenset(
    {
        "audit head", "audit verify", "case verify", "completion", "conformance", "demo", "figures backtest", "figures breaks",
        "figures forecast", "figures make", "link make", "lists diff", "lists make", "lists serve", "node check", "node doctor",
        "node restore", "node serve", "node settings", "node stamp-authority", "safeguard indicators", "scan calibrate", "scan compare",
        "scan evaluate", "scan material", "scan read", "scan simulate", "scan site", "scan tip", "scan train", "trace make", "trace picture",
        "trace train", "trace typologies", "user login", "watch drift", "watch forecast", "watch relay", "watch reports", "watch routes",
        "watch send", "watch track",
    }
)  # fmt: skip
"""Commands that act for no user: they work on files, or are the engineer's, who has the directory."""


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Stock:
    return authz_world.stocked(tmp_path_factory.mktemp("commands"))


@pytest.fixture(scope="module")
def words_of(stock: Stock, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[str]]:
    """The words of a command, with files to read where its line names some."""
    folder = tmp_path_factory.mktemp("files")
    night = write_night(folder, river_night())
    (folder / "file.json").write_text("{}", encoding="utf-8")
    (folder / "letter.json").write_text(json.dumps({"text": "matrix"}), encoding="utf-8")
    (folder / "phrase").write_text("a long invented passphrase of many words", encoding="utf-8")
    (folder / "table.csv").write_text("region,sex,count\nA,F,3\nA,M,4\nB,F,5\nB,M,6\n", encoding="utf-8")
    given = {
        "file": folder / "file.json",
        "letter": folder / "letter.json",
        "phrase": folder / "phrase",
        "table": folder / "table.csv",
        "case": write_case(folder / "case", lambda case: case["case"].update(urn="00EX0000226")),
        "report": node_world.write_report(folder / "report", reference="EX/UK/19"),
        "night": night["sapient"],
        "context": night["context"],
        "finding": stock.finding,
        "record": stock.record,
        "out": folder / "out",
    }

    def made(command: str) -> list[str]:
        return [*command.split(), *ACTS[command][1].format(**given).split()]

    return made


def test_every_command_is_in_one_table_and_every_line_is_a_command() -> None:
    told = (set(ACTS), set(FOR_EVERYBODY), set(WITHOUT_USER))
    assert sum(map(len, told)) == len(set.union(*told))
    assert set(LEAVES) == set.union(*told)


@pytest.mark.parametrize("command", sorted(LEAVES))
def test_a_command_acts_for_a_user_where_its_table_says_so(command: str) -> None:
    options = {name for parameter in LEAVES[command].params for name in parameter.opts}
    assert (command in WITHOUT_USER) == ("--user" not in options)


@pytest.mark.parametrize("command", sorted(ACTS))
def test_no_role_is_let_in_where_the_acts_do_not_say_so_and_nothing_changes(
    command: str,
    stock: Stock,
    words_of: Callable[[str], list[str]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    act = ACTS[command][0]
    monkeypatch.setenv("HEADWATER_HOME", str(stock.home))
    before, wrong = inventory(stock.home), []
    for role in denied(act):
        monkeypatch.setattr("sys.stdin", io.StringIO("a long invented password\n"))
        monkeypatch.setenv("HEADWATER_USER", only(role))
        monkeypatch.setenv("HEADWATER_PURPOSE", purpose_of(act))
        with pytest.raises(SystemExit) as ended:
            main(words_of(command))
        said = capsys.readouterr()
        after = inventory(stock.home)
        if ended.value.code != 77 or "rule role" not in said.err or after != before:
            wrong.append((role.value, ended.value.code, said.err.strip()[-200:], changed(before, after)))
        before = after
    assert wrong == []


@pytest.mark.parametrize("role", sorted(Role))
def test_a_user_who_is_switched_off_is_let_in_nowhere(
    role: Role, stock: Stock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_HOME", str(stock.home))
    before = inventory(stock.home)
    for name in ("nobody", f"only-{role}-no-more"):
        with pytest.raises(SystemExit) as ended:
            main(["findings", "list", "--user", name])
        assert ended.value.code == 77
        assert "no such user" in capsys.readouterr().err
    assert inventory(stock.home) == before

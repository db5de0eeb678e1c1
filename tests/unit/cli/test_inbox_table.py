"""`headwater inbox table`: a partner's payments become a table of its own rows; in any other case it says why, and keeps nothing.

Two nodes are joined in memory: nothing is served, no thread and no process is started.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from headwater.exchange.envelope import Lane
from headwater.exchange.files import PATH
from headwater.exchange.keys import Keys
from headwater.exchange.office import Exchange
from headwater.model.ids import AuthorityId, BlobHash, MessageId
from headwater.node import Node, liaison, messages, partners
from headwater.node.messages import FilesHandling, Letter, address
from tests.exchange_world import Wires
from tests.node_world import AUDITOR, BELGRADE, LONDON, SUPERVISOR, TERMS, acquaint, as_user, init
from tests.trace_world import passage
from tests.unit.cli.conftest import Run, who
from tests.unit.node.test_tables import csv_of

PAYMENTS, NOTES, BAD, LATE = "payments.csv", "notes.csv", "bad.csv", "late.csv"
NOWHERE = "019abb6c-0000-7000-8000-000000000000"


class Fetching(Wires):
    """Carries envelopes, and fetches chunks of files, in memory."""

    def get(self, endpoint: str, path: str, into: bytearray, *, timeout_s: float) -> memoryview:
        assert timeout_s
        data = self.nodes[endpoint].chunk(BlobHash(path.removeprefix(PATH)))
        assert data is not None
        into[: len(data)] = data
        return memoryview(into)[: len(data)]


@dataclass(frozen=True)
class Desk:
    """London, to whom Belgrade sent files, the last of which is not fetched yet; both nodes are closed."""

    folder: Path
    came: MessageId
    late: MessageId

    @property
    def home(self) -> Path:
        return self.folder / "uk"

    def recall(self) -> None:
        """Let Belgrade recall the files that came whole."""
        with both(self.folder) as (london, belgrade):
            _, message = london.exchange.show(self.came)
            assert message is not None
            records = sorted({name.partition("/")[0] for name in message.facts})
            liaison.amend(belgrade, as_user(belgrade), "erase", records, "it was another account")
            carry(belgrade, LONDON)


@contextmanager
def both(folder: Path) -> Iterator[tuple[Node, Node]]:
    """Both nodes, open in this process."""
    wires = Fetching()
    with Node.open(folder / "uk", {}) as london, Node.open(folder / "rs", {}) as belgrade:
        for node in (london, belgrade):
            vars(node)["exchange"] = Exchange(
                node.store, Keys(node.home), node.clock, node.chance, node.authority, wires, wires
            )
            (endpoint,) = node.exchange.card().card.endpoints
            wires.nodes[endpoint] = node.exchange
        yield london, belgrade


def carry(node: Node, to: AuthorityId) -> None:
    """Bring a partner all that waits for it."""
    for lane in Lane:
        courier = node.exchange.courier((to, lane))
        while courier.step().moved:
            pass


def send(node: Node, *paths: Path) -> MessageId:
    letter = Letter(classification="OFFICIAL", text="Invented.", attached=FilesHandling(codes=["P"]))
    sending = messages.send(node, as_user(node), address("spontaneous", LONDON, TERMS), letter, paths)
    assert sending.id is not None, sending.judgement
    if not sending.is_queued:
        messages.approve(node, as_user(node, SUPERVISOR), sending.id, "approver")
    carry(node, LONDON)
    return sending.id


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("beside")
    for name, authority, port in (("uk", LONDON, 9001), ("rs", BELGRADE, 9002)):
        init(folder / name, authority, listen=f"127.0.0.1:{port}")
    rows = csv_of(passage("HUB", 15))
    for name, text in (
        (PAYMENTS, rows), (NOTES, "nothing of a table\n"), (BAD, rows.replace(",EUR,", ",EURO,", 1)), (LATE, rows)
    ):  # fmt: skip
        (folder / name).write_text(text, encoding="utf-8")
    with both(folder) as (london, belgrade):
        acquaint(london, belgrade, folder / "papers")
        carry(london, BELGRADE)
        carry(belgrade, LONDON)
        assert [each["state"] for each in partners.every(london, as_user(london))] == ["live"]
        came = send(belgrade, folder / PAYMENTS, folder / NOTES, folder / BAD)
        assert london.exchange.files.fetch_all() == 3
        late = send(belgrade, folder / LATE)
    return Desk(folder, came, late)


def test_a_file_that_is_no_table_of_a_message_is_refused_with_the_reason(run: Run, desk: Desk) -> None:
    at = ("--home", desk.home, *who())
    for words, code, says in (
        ((NOWHERE, PAYMENTS), 77, "no such message"),
        (("no-number", PAYMENTS), 65, "not the identifier of a message"),
        ((desk.came, "ledger.csv"), 77, "ledger.csv; see: headwater inbox show ID"),
        ((desk.late, LATE), 77, "the file is not here yet"),
        ((desk.came, NOTES), 65, NOTES),
        ((desk.came, BAD), 65, f"{BAD}, line 2"),
        ((desk.came, PAYMENTS, "--span", "yesterday"), 65, "FROM/TO"),
        ((desk.came, PAYMENTS, "--purpose", "court"), 77, "does not cover this purpose"),
        ((desk.came, PAYMENTS, "--user", AUDITOR), 77, "is not for auditor"),
    ):
        ended = run("inbox", "table", *words[:2], *at, *words[2:])
        assert (ended.code, ended.out) == (code, ""), (words, ended)
        assert says in ended.err, (words, ended.err)
        assert "HUB" not in ended.err
    assert run("inbox", "table", desk.came, *at).code == 2


def test_payments_are_kept_once_and_gone_when_they_are_recalled(run: Run, desk: Desk) -> None:
    words = ("inbox", "table", desk.came, PAYMENTS, "--home", desk.home, *who())
    first, again = run(*words), run(*words)
    assert (first.code, first.out) == (0, f"{PAYMENTS}: 30 rows of payments; tables new to the node: 1\n")
    assert (again.code, again.out) == (0, f"{PAYMENTS}: 30 rows of payments; tables new to the node: 0\n")
    document = run(*words, "--json").document
    assert document == {
        "ok": True, "file": PAYMENTS, "records": 1, "added": 0, "ids": document["ids"], "tables": {"payments": 30},
        "doubled": 0, "to_self": 0, "left_out": [], "error": None,
    }  # fmt: skip
    (number,) = document["ids"]
    assert number.startswith("rec-")
    desk.recall()
    gone = run(*words)
    assert (gone.code, "no such file" in gone.err) == (77, True)
    assert not [*(desk.home / "tables").iterdir()]


def test_a_file_that_is_not_here_is_listed_with_what_it_waits_for(run: Run, desk: Desk) -> None:
    ended = run("inbox", "files", "--home", desk.home, *who())
    [late] = [line for line in ended.out.split("\n0") if LATE in line]
    assert ended.code == 75
    assert (
        "0 of 1 pieces\n    it is on its way, or was not asked for yet; it comes by itself while this node is served"
        in late
    )

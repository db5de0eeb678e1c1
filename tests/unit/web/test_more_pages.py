"""What lies beyond a first page: each row stands on one page and on no other, a file holds all, and the ledger notes what was shown."""

from collections import Counter
from collections.abc import Iterator

import pytest

from headwater.node import Node, screening
from headwater.testing.fakes import FakeClock
from tests import node_world
from tests.node_world import WRITER, as_user, read, write_list
from tests.page_world import Browser, browser
from tests.wired_world import lines, size_of

pytestmark = pytest.mark.slow
MANY = 60
FAMILY = "Izmišljotinović"
LETTERS = "abcdefghijklmnoprstuvz"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    folder = tmp_path_factory.mktemp("more")
    names = [f"M{one}r{other}o {FAMILY}" for one in LETTERS[:8] for other in LETTERS[:8]][:MANY]
    with node_world.node_at(node_world.init(folder / "uk"), FakeClock()) as made:
        read(made, "uk", write_list(folder / "in", names))
        queries = [{"id": f"q{at}", "name": name, "birth_date": "1975-04-02"} for at, name in enumerate(names[:40])]
        screening.at_node(made, as_user(made, WRITER, "sanctions"), screening.Asked(queries))
        yield made


@pytest.fixture(scope="module")
def analyst(node: Node) -> Browser:
    return browser(node, WRITER)


def pages(reader: Browser, address: str) -> list[list[str]]:
    """The rows of each page, by what the one before says of the next."""
    found, following = [], f"{address}{'&' if '?' in address else '?'}format=json"
    while following:
        answer = reader.get(following).json
        found.append([row["id"] for row in answer["rows"]])
        following = f"{answer['next']}&format=json" if answer["next"] else ""
    return found


@pytest.mark.parametrize(("name", "size", "most"), [("queue", 25, 10_000), ("search", 25, 50), ("list", 50, MANY)])
def test_each_row_stands_on_one_page_and_a_file_holds_them_all(
    node: Node, analyst: Browser, name: str, size: int, most: int
) -> None:
    token = analyst.post("/search", {"q": FAMILY}).goes_to
    address = {"queue": "/queue?state=all", "search": token, "list": "/lists/uk-csv"}[name]
    found = pages(analyst, address)
    assert len(found) > 1
    assert {len(one) for one in found[:-1]} == {size}
    every = [row for one in found for row in one]
    assert len(set(every)) == len(every) <= most
    since = size_of(node)
    rows = analyst.get(f"{address}{'&' if '?' in address else '?'}export=json").json["rows"]
    told = Counter(kind for kind, *_ in lines(node, since))
    if name != "list":
        assert [row["id"] for row in rows] == every
    assert told["page.exported"] == 1
    if name == "search":
        assert told["look.entity"] == len(rows) == most

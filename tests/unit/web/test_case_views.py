"""A view of a case is taken along from the page as one file, by whoever may export; the ledger tells of each, refused ones too."""

import io
import zipfile
from pathlib import Path

import pytest

from headwater.case.data.verify import inspect
from headwater.node import Node
from tests.node_world import WRITER, events
from tests.page_world import Answer, Browser, browser
from tests.unit.web.conftest import URN
from tests.unit.web.test_exhibits import PDF, left, send

pytestmark = pytest.mark.slow  # a node of its own for each test


def unpacked(answer: Answer, folder: Path) -> Path:
    assert answer.status == 200, answer.text
    assert int(answer.headers["content-length"]) == len(answer.data)
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        archive.extractall(folder)
    [made] = folder.iterdir()
    return made


def test_a_view_of_the_case_as_it_is_now_comes_as_one_file_that_verifies(
    node: Node, builder: Browser, tmp_path: Path
) -> None:
    send(builder, PDF, status="evidential", list="")
    answer = builder.post(f"/cases/{URN}/views", {"view": "defence"})
    assert f'filename="{URN}-defence.zip"' in answer.headers["content-disposition"]
    made = unpacked(answer, tmp_path / "out")
    assert inspect(str(made)).problems == ()
    assert (made / "data" / "exhibits" / "PQ_1.pdf").read_bytes() == PDF
    assert not (made / "data" / "schedules" / "mg6d.pdf").exists()
    assert events(node, "case.exported")[-1].detail["view"] == "defence"
    assert left(node) == [], "nothing of it stays at the node"


def test_a_view_of_a_seal_is_of_that_seal(node: Node, builder: Browser, tmp_path: Path) -> None:
    builder.post(f"/cases/{URN}/seal", {"key": "s"})
    [sealed] = (node.home / "sealed").iterdir()
    page = builder.get(f"/cases/{URN}").text
    assert f'<option value="{sealed.name}">' in page
    answer = builder.post(f"/cases/{URN}/views", {"view": "court", "bundle": sealed.name})
    made = unpacked(answer, tmp_path / "out")
    assert (made / "seal.json").read_bytes() == (sealed / "seal.json").read_bytes()
    assert builder.post(f"/cases/{URN}/views", {"view": "court", "bundle": f"{URN}-9"}).status == 404
    assert builder.post(f"/cases/{URN}/views", {"view": "court", "bundle": "../keys"}).status == 404


@pytest.mark.parametrize(
    ("form", "word"),
    [
        ({"view": "prosecutor"}, "not ready"),
        ({"view": "judge"}, "view"),
        ({"view": "partner"}, "partner"),
        ({}, "view"),
    ],
)
def test_what_cannot_be_handed_out_is_said_on_the_page(
    node: Node, builder: Browser, form: dict[str, str], word: str
) -> None:
    send(builder, PDF, list="")
    answer = builder.post(f"/cases/{URN}/views", form)
    assert (answer.status, word in answer.text) == (400, True)
    assert events(node, "case.exported") == []
    assert len(events(node, "case.export-refused")) == (form == {"view": "prosecutor"})


def test_a_draft_goes_to_the_prosecutor(builder: Browser, tmp_path: Path) -> None:
    send(builder, PDF, list="")
    answer = builder.post(f"/cases/{URN}/views", {"view": "prosecutor", "draft": "1"})
    assert (unpacked(answer, tmp_path / "out") / "data" / "schedules" / "mg6d.pdf").exists()


def test_views_are_the_disclosure_officers_to_hand_out(node: Node, builder: Browser) -> None:
    assert 'data-form="view"' in builder.get(f"/cases/{URN}").text
    analyst = browser(node, WRITER)
    assert 'data-form="view"' not in analyst.get(f"/cases/{URN}").text
    assert analyst.post(f"/cases/{URN}/views", {"view": "defence"}).status == 403
    assert builder.post("/cases/00XX0000000/views", {"view": "defence"}).status == 404
    assert events(node, "case.exported") == []

"""Scans on the page: nobody's outline outside the rescue queue, made images marked, pixels as the file has them."""

import json
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path

import numpy as np
import pytest

from headwater.engines.scan.overlay import without_persons
from headwater.formats.scan_marks import mark
from headwater.formats.scan_write import neutral_tiff
from headwater.model.record import Record
from headwater.model.scan import ImageKind
from headwater.node import Node
from headwater.testing.fakes import FakeClock
from tests import node_world, scan_world
from tests.node_world import AUDITOR, WRITER, as_user, events
from tests.page_world import Browser, browser
from tests.scan_page_world import OUTLINE, PERSON, WEAPON, claim, keep, pixels, van
from tests.scan_world import META

pytestmark = pytest.mark.slow  # a node of its own for each test


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return node_world.init(tmp_path_factory.mktemp("scans") / "uk")


@pytest.fixture
def record(node: Node) -> Record:
    return van(node)


def sent(reader: Browser, path: str) -> "np.ndarray[tuple[int, int], np.dtype[np.uint16]]":
    answer = reader.get(path)
    assert answer.status == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return np.frombuffer(answer.data, "<u2").reshape(160, 400)


def test_the_pixels_are_those_of_the_file(node: Node, record: Record) -> None:
    reader = browser(node, WRITER)
    for number, channel in enumerate(("low", "high")):
        assert (sent(reader, f"/scans/{record.id}/pixels?channel={channel}") == pixels()[number]).all()
    assert reader.get(f"/scans/{record.id}/pixels?channel=other").status == 400


def test_nobodys_outline_leaves_the_node_but_through_the_rescue_queue(node: Node, record: Record) -> None:
    finding = claim(node, record, "rescue", "person", PERSON)
    weapon = claim(node, record, "search", "weapon", WEAPON)
    reader = browser(node, WRITER)
    left, top, right, bottom = PERSON
    assert outlined(pixels()[1][top:bottom, left:right]) > 5_000
    for query in ("", f"&finding={weapon.id}"):
        seen = sent(reader, f"/scans/{record.id}/pixels?channel=high{query}")
        assert outlined(seen[top:bottom, left:right]) < 50
        assert (seen[20:50, 20:60] == pixels()[1][20:50, 20:60]).all(), "what is far away is as it was"
    assert "data-blurred" in reader.get(f"/scans/{record.id}").text
    page = reader.get(f"/scans/{record.id}?finding={finding.id}")
    assert "data-rescue-look" in page.text
    assert (sent(reader, f"/scans/{record.id}/pixels?channel=high&finding={finding.id}") == pixels()[1]).all()
    looks = [one.detail for one in events(node, "look.scan")]
    assert [one.get("finding") for one in looks if one["blurred"] == 0] == [finding.id, finding.id]


def outlined(part: "np.ndarray[tuple[int, int], np.dtype[np.uint16]]") -> float:
    """How much of the pattern is left, in counts."""
    return float(abs((part.astype(float) * OUTLINE).mean()))


def test_where_nobody_can_read_where_the_person_is_nothing_is_shown(node: Node, record: Record) -> None:
    claim(node, record, "rescue", "person", (3, 4))
    seen = sent(browser(node, WRITER), f"/scans/{record.id}/pixels?channel=high")
    assert (
        np.abs(np.diff(seen.astype(int), axis=1)).mean() < np.abs(np.diff(pixels()[1].astype(int), axis=1)).mean() / 3
    )
    assert browser(node, WRITER).get(f"/scans/{record.id}/picture.png").status == 200


def test_pictures_and_materials_are_made_of_what_is_blurred(node: Node, record: Record) -> None:
    finding = claim(node, record, "rescue", "person", PERSON)
    reader = browser(node, WRITER)
    for what in ("picture.png", "materials"):
        without, within = (reader.get(f"/scans/{record.id}/{what}{query}") for query in ("", f"?finding={finding.id}"))
        assert (without.status, within.status) == (200, 200)
        assert without.data != within.data


def test_once_somebody_has_decided_the_outline_is_shown_to_nobody(node: Node, record: Record) -> None:
    finding = claim(node, record, "rescue", "person", PERSON)
    reader = browser(node, WRITER)
    form = {"verb": "dismiss", "reason": "Searched: nobody.", "version": "0", "key": "k"}
    assert reader.post(f"/findings/{finding.id}/decide", form).status == 303
    page = reader.get(f"/scans/{record.id}?finding={finding.id}").text
    assert "data-rescue-look" not in page
    assert "data-blurred" in page


def test_a_finding_of_another_scan_opens_no_outline(node: Node, record: Record) -> None:
    claim(node, record, "rescue", "person", PERSON)
    other = keep(node, "other.tif", neutral_tiff(pixels(8), replace(META, plate="ZZ01TST")), plate="ZZ01TST")
    elsewhere = claim(node, other, "rescue", "person", PERSON)
    reader = browser(node, WRITER)
    assert "data-rescue-look" not in reader.get(f"/scans/{record.id}?finding={elsewhere.id}").text


def test_a_person_in_a_vehicle_stands_first_and_is_not_dismissed_with_others(node: Node, record: Record) -> None:
    weapon = claim(node, record, "search", "weapon", WEAPON)
    finding = claim(node, record, "rescue", "person", PERSON)
    reader = browser(node, WRITER)
    rows = reader.get("/queue?format=json").json["rows"]
    assert [row["id"] for row in rows] == [finding.id, weapon.id]
    assert [row["rescue"] for row in rows] == [True, False]
    assert f"/scans/{record.id}?finding={finding.id}" in reader.get("/queue").text
    assert f"/scans/{record.id}?finding={weapon.id}" in reader.get(f"/findings/{weapon.id}").text
    reader.post("/queue/dismiss", {"finding": f"{finding.id}@0", "reason": "all of them", "key": "k"})
    assert "data-rescue-look" in reader.get(f"/scans/{record.id}?finding={finding.id}").text


def test_the_page_says_in_words_what_the_picture_shows(node: Node, record: Record) -> None:
    claim(node, record, "search", "weapon", WEAPON)
    reader = browser(node, WRITER)
    page = reader.get(f"/scans/{record.id}").text
    assert "20, 20, 60, 50" in page
    assert record.blobs[0] in page
    [row] = reader.get(f"/scans/{record.id}?format=json").json["rows"]
    assert row["scan"]["alarms"][0]["box"] == list(WEAPON)
    assert reader.get(f"/scans/{record.id}/picture.png").data.startswith(b"\x89PNG")
    assert reader.get(f"/scans/{record.id}?export=csv").headers["content-disposition"].startswith("attachment")
    assert reader.get("/scans").text.count("data-scan=") == 1


@pytest.mark.parametrize("kind", [ImageKind.TIP, ImageKind.SIMULATED])
def test_an_image_that_was_made_is_marked_as_one(node: Node, kind: ImageKind) -> None:
    made = keep(node, "made.tif", neutral_tiff(pixels(), replace(META, image_kind=kind)))
    page = browser(node, WRITER).get(f"/scans/{made.id}").text
    assert f'data-made="{kind}"' in page
    assert "never evidence" in page
    assert json.loads(unescape(page.split("data-image='")[1].split("'")[0]))["made"] == kind


def test_a_mark_in_the_pixels_outweighs_a_header_that_lost_it(node: Node) -> None:
    made = keep(node, "lost.tif", neutral_tiff(mark(pixels()), META))
    assert 'data-made="simulated"' in browser(node, WRITER).get(f"/scans/{made.id}").text


def test_the_reference_is_an_earlier_pass_on_which_nothing_stands(node: Node, record: Record, clock: FakeClock) -> None:
    reader = browser(node, WRITER)
    assert "data-reference" not in reader.get(f"/scans/{record.id}").text
    clock.move(timedelta(hours=1))
    with_alarm = keep(node, "alarm.tif", neutral_tiff(pixels(9), replace(META, plate="ZZ00TST")))
    claim(node, with_alarm, "search", "weapon", WEAPON)
    clock.move(timedelta(hours=1))
    new = keep(node, "new.tif", neutral_tiff(pixels(10), replace(META, plate="ZZ00TST")))
    page = reader.get(f"/scans/{new.id}").text
    assert f'data-from="/scans/{record.id}"' in page
    assert f'data-from="/scans/{with_alarm.id}"' not in page


def test_a_scan_that_may_not_be_seen_is_answered_like_one_that_there_is_not(node: Node, record: Record) -> None:
    hidden = keep(node, "h.tif", neutral_tiff(pixels(11), META), purposes=frozenset({"drugs"}))
    nothing = "rec-" + "0" * 40
    reader = browser(node, WRITER)
    for tail in ("", "/picture.png", "/pixels?channel=high", "/materials"):
        answers = [reader.get(f"/scans/{ref}{tail}") for ref in (hidden.id, nothing)]
        assert [one.status for one in answers] == [404, 404], tail
        assert answers[0].data == answers[1].data
    assert hidden.id not in reader.get("/scans").text
    assert browser(node, AUDITOR).get(f"/scans/{record.id}").status == 403


@pytest.mark.parametrize("path", ["/scans/x", "/scans/rec-1", "/scans/rec-" + "0" * 41])
def test_what_is_no_record_is_no_scan(node: Node, path: str) -> None:
    assert browser(node, WRITER).get(path).status == 404


def test_a_record_that_is_no_scan_has_no_page_of_one(node: Node, tmp_path: Path) -> None:
    node_world.read(node, "report", node_world.write_report(tmp_path / "in"))
    with node.view(as_user(node)) as view:
        ref = next(iter(view.records())).id
    assert browser(node, WRITER).get(f"/scans/{ref}").status == 404


def test_one_spectrum_is_shown_in_grey_and_says_so(node: Node) -> None:
    one = replace(META, channels=("high",), air=(52_900.0,), dark=(0.0,), energies_mv=(6.0,))
    made = keep(node, "one.tif", neutral_tiff(pixels()[1:], one))
    reader = browser(node, WRITER)
    assert "one energy" in reader.get(f"/scans/{made.id}").text
    assert reader.get(f"/scans/{made.id}/materials").status == 400
    assert reader.get(f"/scans/{made.id}/picture.png").status == 200


def test_blurring_reaches_a_metre_beyond_the_box_and_no_further() -> None:
    image = scan_world.image(pixels())
    made = without_persons(image, [(350, 100, 360, 110)])
    changed = (made.pixels[1] != image.pixels[1]).nonzero()
    assert changed[1].min() >= 350 - 200
    assert not (made.pixels == image.pixels)[:, :, 200:].all()
    assert without_persons(image, []) is image

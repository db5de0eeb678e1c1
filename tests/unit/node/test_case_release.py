"""Items of protected persons: released one by one into one view, by one person, exported by another, for a time."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from headwater.case.verifier import verify
from headwater.case.view_bundle import Viewed
from headwater.case.views import read_view
from headwater.errors import ForbiddenError, NoBasisError, SchemaError
from headwater.node import Node, case_sealing, cases, releasing
from headwater.node.releasing import Wish
from headwater.policy.safeguarding import Consent
from headwater.testing.fakes import FakeClock
from tests.case_world import SMUGGLED_NAME, VICTIM_NAME, write_case
from tests.node_world import GUARDIAN, SUPERVISOR, WRITER, as_user, events

URN = "00EX0000126"
ACCOUNT = "I paid in three parts"
PLACE = "data/statements/S2.txt"


def guardian(node: Node, purpose: str = "victim-protection") -> Any:
    return as_user(node, GUARDIAN, purpose)


def with_origin(case: dict[str, Any]) -> None:
    case["persons"][1]["nationality"] = "RS"


@pytest.fixture
def held(node: Node, tmp_path: Path) -> Node:
    cases.take_in(node, as_user(node, WRITER, "court"), write_case(tmp_path / "folder", with_origin))
    return node


def wish(clock: FakeClock, view: str = "defence", **given: Any) -> Wish:
    return Wish(**{
        "ref": "S2", "view": read_view(view), "until": clock.now() + timedelta(days=1), "reason": "relied on", **given,
    })  # fmt: skip


def export(node: Node, out: Path, view: str, user: str = SUPERVISOR) -> Viewed:
    return case_sealing.export(node, as_user(node, user, "court"), URN, out, read_view(view), draft=True)


def test_the_safeguarding_team_sees_what_the_vault_keeps_and_about_whom(held: Node) -> None:
    [item] = releasing.withheld(held, guardian(held), URN)
    assert item.ref == "S2"
    assert len(item.pseudonyms) == 1
    assert events(held, "vault.items-looked")
    with pytest.raises(ForbiddenError):
        releasing.withheld(held, as_user(held, SUPERVISOR, "victim-protection"), URN)
    with pytest.raises(NoBasisError):
        releasing.withheld(held, guardian(held, "court"), URN)


def test_a_released_item_stands_in_that_view_alone_and_the_view_verifies(
    held: Node, clock: FakeClock, tmp_path: Path
) -> None:
    export(held, tmp_path / "before", "defence")
    assert not (tmp_path / "before" / PLACE).exists()
    releasing.release(held, guardian(held), URN, wish(clock))
    export(held, tmp_path / "after", "defence")
    assert ACCOUNT in (tmp_path / "after" / PLACE).read_text(encoding="utf-8")
    assert verify(tmp_path / "after", None).problems == ()
    for view in ("court", "partner:RS-MOI"):
        out = tmp_path / view.replace(":", "-")
        export(held, out, view)
        assert ACCOUNT not in "".join(
            path.read_text(encoding="utf-8", errors="replace") for path in out.rglob("*") if path.is_file()
        )
    shown = events(held, "vault.item-shown")
    assert [(one.subject, one.detail["view"], one.detail["released_by"]) for one in shown] == [
        ("S2", "defence", GUARDIAN)
    ]


def test_everything_but_the_released_item_still_says_a_pseudonym(held: Node, clock: FakeClock, tmp_path: Path) -> None:
    releasing.release(held, guardian(held), URN, wish(clock))
    export(held, tmp_path / "out", "defence")
    for path in (path for path in (tmp_path / "out").rglob("*") if path.is_file() and not path.match(PLACE)):
        data = path.read_bytes()
        assert not any(json.dumps(name)[1:-1].encode() in data or name.encode() in data for name in (
            VICTIM_NAME, SMUGGLED_NAME,
        )), path  # fmt: skip


def test_a_sealed_bundle_of_the_house_never_holds_it(held: Node, clock: FakeClock, tmp_path: Path) -> None:
    releasing.release(held, guardian(held), URN, wish(clock))
    case_sealing.seal(held, as_user(held, SUPERVISOR, "court"), URN, tmp_path / "bundle")
    assert not (tmp_path / "bundle" / PLACE).exists()


def test_a_release_ends_by_itself_and_when_it_is_taken_back(held: Node, clock: FakeClock, tmp_path: Path) -> None:
    releasing.release(held, guardian(held), URN, wish(clock))
    clock.move(timedelta(days=2))
    export(held, tmp_path / "late", "defence")
    assert not (tmp_path / "late" / PLACE).exists()
    releasing.release(held, guardian(held), URN, wish(clock))
    releasing.withdraw(held, guardian(held), URN, "s2", read_view("defence"), "the court asked for it")
    export(held, tmp_path / "back", "defence")
    assert not (tmp_path / "back" / PLACE).exists()
    with pytest.raises(ForbiddenError, match="not released"):
        releasing.withdraw(held, guardian(held), URN, "S2", read_view("defence"), "again")


def test_other_bytes_under_its_reference_are_not_released(held: Node, clock: FakeClock, tmp_path: Path) -> None:
    releasing.release(held, guardian(held), URN, wish(clock))
    other = {"statements/S2.txt": "Another account of a smuggled person, made up for tests.\n"}
    again = write_case(tmp_path / "again", with_origin, other)
    cases.take_in(held, as_user(held, WRITER, "court"), again, replacing=True)
    export(held, tmp_path / "out", "defence")
    assert not (tmp_path / "out" / PLACE).exists()


def test_who_released_an_item_does_not_export_it(held: Node, clock: FakeClock, tmp_path: Path) -> None:
    from headwater.node.users import User, add

    both = User("b.both", frozenset({"safeguarding", "disclosure"}))
    add(held.store, as_user(held, WRITER, "operation"), both)
    releasing.release(held, as_user(held, "b.both", "victim-protection"), URN, wish(clock))
    with pytest.raises(ForbiddenError, match="four-eyes"):
        export(held, tmp_path / "out", "defence", "b.both")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"reason": " "}, SchemaError),
        ({"ref": "JS/1"}, ForbiddenError),
        ({"ref": "S99"}, ForbiddenError),
        ({"view": "partner:XK-KP"}, NoBasisError),
        ({"view": "partner:XK-KP", "consent": Consent.GIVEN}, NoBasisError),
        ({"view": "partner:XK-KP", "basis": "letter 7"}, NoBasisError),
    ],
)
def test_a_release_of_nothing_without_a_reason_consent_or_basis_is_refused(
    held: Node, clock: FakeClock, given: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        releasing.release(held, guardian(held), URN, wish(clock, **given))
    assert releasing.withheld(held, guardian(held), URN)[0].releases == ()


def test_a_release_in_one_case_is_none_in_another(held: Node, clock: FakeClock, tmp_path: Path) -> None:
    other = write_case(tmp_path / "other", lambda case: case["case"].update(urn="00EX0000127"))
    cases.take_in(held, as_user(held, WRITER, "court"), other)
    releasing.release(held, guardian(held), "00EX0000127", wish(clock))
    assert releasing.withheld(held, guardian(held), URN)[0].releases == ()
    export(held, tmp_path / "out", "defence")
    assert not (tmp_path / "out" / PLACE).exists()


def test_why_an_item_is_released_or_taken_back_names_nobody_and_is_always_said(held: Node, clock: FakeClock) -> None:
    made = releasing.release(held, guardian(held), URN, wish(clock, reason=f"{VICTIM_NAME} is in danger"))
    with pytest.raises(SchemaError):
        releasing.withdraw(held, guardian(held), URN, "S2", read_view("defence"), " ")
    assert releasing.withheld(held, guardian(held), URN)[0].releases == (made,)
    releasing.withdraw(held, guardian(held), URN, "S2", read_view("defence"), f"{SMUGGLED_NAME} asked for it")
    said = [
        event.detail["reason"]
        for kind in ("item-released", "release-withdrawn")
        for event in events(held, f"vault.{kind}")
    ]
    for reason, name in zip((made.reason, *said), (VICTIM_NAME, VICTIM_NAME, SMUGGLED_NAME), strict=True):
        assert str(reason).startswith("Person ")
        assert name not in str(reason)


@pytest.mark.parametrize("field", ["nationality", "country"])
def test_an_item_does_not_go_to_the_state_that_a_person_in_it_comes_from(
    node: Node, clock: FakeClock, tmp_path: Path, field: str
) -> None:
    def change(case: dict[str, Any]) -> None:
        case["persons"][1][field] = "XK"

    cases.take_in(node, as_user(node, WRITER, "court"), write_case(tmp_path / "folder", change))
    given: dict[str, Any] = {"consent": Consent.GIVEN, "basis": "letter of request 7"}
    with pytest.raises(NoBasisError, match="rule origin"):
        releasing.release(node, guardian(node), URN, wish(clock, "partner:XK-KP", **given))
    assert releasing.release(node, guardian(node), URN, wish(clock, "partner:RS-MOI", **given)).state == "RS"


def test_an_item_that_names_nobody_to_be_found_counts_as_naming_everybody(
    node: Node, clock: FakeClock, tmp_path: Path
) -> None:
    def change(case: dict[str, Any]) -> None:
        case["persons"][1]["nationality"] = case["persons"][2]["nationality"] = "RS"
        case["statements"][1] |= {"maker": "P5", "protected": True}

    cases.take_in(node, as_user(node, WRITER, "court"), write_case(tmp_path / "folder", change))
    assert releasing.withheld(node, guardian(node), URN)[0].pseudonyms == ()
    given: dict[str, Any] = {"consent": Consent.GIVEN, "basis": "letter of request 7"}
    with pytest.raises(NoBasisError, match="rule origin"):
        releasing.release(node, guardian(node), URN, wish(clock, "partner:RS-MOI", **given))


def test_a_release_that_has_ended_already_is_refused(held: Node, clock: FakeClock) -> None:
    with pytest.raises(SchemaError, match="ended already"):
        releasing.release(held, guardian(held), URN, wish(clock, until=clock.now()))


def test_with_consent_and_basis_an_item_goes_to_a_partner_that_is_not_of_the_persons_state(
    held: Node, clock: FakeClock, tmp_path: Path
) -> None:
    given: dict[str, Any] = {"consent": Consent.GIVEN, "basis": "letter of request 7"}
    with pytest.raises(NoBasisError, match="rule origin"):
        releasing.release(held, guardian(held), URN, wish(clock, "partner:RS-MOI", **given))
    releasing.release(held, guardian(held), URN, wish(clock, "partner:XK-KP", **given))
    export(held, tmp_path / "out", "partner:XK-KP")
    assert ACCOUNT in (tmp_path / "out" / PLACE).read_text(encoding="utf-8")
    assert events(held, "vault.item-released")[-1].detail["basis"] == "letter of request 7"


def test_what_was_released_to_one_partner_is_shown_to_no_other(held: Node, clock: FakeClock, tmp_path: Path) -> None:
    given: dict[str, Any] = {"consent": Consent.GIVEN, "basis": "letter of request 7"}
    releasing.release(held, guardian(held), URN, wish(clock, "partner:XK-KP", **given))
    export(held, tmp_path / "out", "partner:RS-MOI")
    assert not (tmp_path / "out" / PLACE).exists()
    assert events(held, "vault.item-shown") == []


def test_nothing_goes_to_the_state_a_person_comes_from_unless_somebody_says_so(node: Node, clock: FakeClock) -> None:
    from headwater.policy.safeguarding import ItemRelease

    made: dict[str, Any] = {
        "case": URN, "ref": "S2", "view": "partner:RS-MOI", "state": "RS", "sha256": "0" * 64, "by": GUARDIAN,
        "until": clock.now(), "reason": "x", "basis": "letter 7", "consent": Consent.GIVEN,
    }  # fmt: skip
    for origins in (["RS"], ["XK", "rs"], [""], ["Serbia"]):
        with pytest.raises(NoBasisError, match="rule origin"):
            ItemRelease(**made).check_origins(origins)
    ItemRelease(**made).check_origins(["XK", "AL"])
    ItemRelease(**{**made, "origin": True}).check_origins(["RS"])

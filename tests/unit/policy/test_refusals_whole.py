"""Every refusal of policy outside of the rules, whole: its kind, its place, its words and what to do about it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from headwater.errors import HeadwaterError
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, StateCode
from headwater.policy import safeguarding
from headwater.policy.acts import Act
from headwater.policy.purposes import known_purpose
from headwater.policy.release import CLOSED_CODES, check_release
from headwater.policy.rules import apply, decide
from headwater.policy.safeguarding import Clocks, Consent, Grant, ItemRelease, Outcome, Ruling, Seen, SuspectRequest
from headwater.policy.session import Session, may
from headwater.policy.view import guard
from tests.frozen import hold, refusal
from tests.unit.policy.kit import NOW, agreements, instant, judge, message
from tests.unit.policy.view_kit import TODAY, MemoryAudit, MemoryReader, session, view

HELD: Final = Path(__file__).with_name("refusals_whole.json")
AT: Final = instant(NOW)
HOUR: Final = timedelta(hours=1)
FIRST: Final = Clocks(task_h=4.0, notify_h=2.0, first_responder=True)
NONE: Final = Clocks(task_h=4.0, notify_h=0.0, first_responder=False)
SIGN: Final = Seen(code="strong.violence", where="gate", why="bruises", at=AT, by="ann")
TASK: Final = safeguarding.open_task("task-1", "P3", "URN", SIGN, FIRST, woman_officer=False)
GRANT: Final[dict[str, Any]] = {"pseudonym": "P3", "reader": "ann", "by": "bo", "until": AT + HOUR, "reason": "care"}
ITEM: Final[dict[str, Any]] = {
    "case": "URN", "ref": "S2", "view": "defence", "state": "", "sha256": "ab", "by": "bo", "until": AT + HOUR, "reason": "relied on",
}  # fmt: skip
ABROAD: Final = {**ITEM, "state": "RS", "consent": Consent.GIVEN, "basis": "TCA"}
WISH: Final = {"case": "URN", "person": "P3", "offence": "x", "reason": "steered", "by": "ann"}
OPEN: Final = Handling(releasable_to=None)


def ruled(outcome: Outcome, clocks: Clocks = FIRST, **more: Any) -> Any:
    values: dict[str, Any] = {"outcome": outcome, "by": "bo", "at": AT + HOUR, "reason": "as told", **more}
    return safeguarding.decide(TASK, Ruling(**values), clocks)


def twice() -> None:
    safeguarding.decide(
        ruled(Outcome.DECLINED), Ruling(outcome=Outcome.DECLINED, by="bo", at=AT + 2 * HOUR, reason="x"), FIRST
    )


def granted(name: str, value: Any) -> Callable[[], Grant]:
    return lambda: Grant(**{**GRANT, name: value})


def agreed(**changes: Any) -> Callable[[], object]:
    return lambda: agreements(**changes)


def released(**changes: Any) -> Callable[[], None]:
    return lambda: check_release([OPEN, Handling(**{"releasable_to": None, **changes})])


REFUSED: Final[dict[str, Callable[[], Any]]] = {
    **{f"a grant, {name} {value!r}": granted(name, value) for name, value in (
        ("pseudonym", ""), ("pseudonym", "a,b"), ("pseudonym", "P*"), ("reader", " "), ("reader", "bo"), ("reason", "\t"), ("until", AT.replace(tzinfo=None)),
    )},
    "no grant": lambda: safeguarding.check_grant([Grant(**GRANT)], "bo", "P3", AT),
    "a grant for another person": lambda: safeguarding.check_grant([Grant(**GRANT)], "ann", "P4", AT),
    "an ended grant": lambda: safeguarding.check_grant([Grant(**GRANT), Grant(**{**GRANT, "until": AT})], "ann", "P3", AT + HOUR),
    "no reason to decide": lambda: ruled(Outcome.DECLINED, reason=" "), "no consent": lambda: ruled(Outcome.REFERRAL),
    "no first responder": lambda: ruled(Outcome.REFERRAL, NONE, consent=True), "a child, no first responder": lambda: ruled(Outcome.CHILD, NONE),
    "no such duty": lambda: ruled(Outcome.DUTY_TO_NOTIFY, NONE), "decided so already": twice,
    "an item without a reason": lambda: ItemRelease(**{**ITEM, "reason": ""}), "an item abroad without consent": lambda: ItemRelease(**{**ABROAD, "consent": Consent.NONE}),
    "an item abroad without basis": lambda: ItemRelease(**{**ABROAD, "basis": " "}), "an item until nowhere": lambda: ItemRelease(**{**ITEM, "until": AT.replace(tzinfo=None)}),
    "an item home": lambda: ItemRelease(**ABROAD).check_origins(["XK", "rs"]), "an item perhaps home": lambda: ItemRelease(**ABROAD).check_origins([""]),
    "an item of one's own": lambda: ItemRelease(**ITEM).opens("ab", "bo", AT),
    "a suspect without an offence": lambda: SuspectRequest(**{**WISH, "offence": " "}), "a suspect without a reason": lambda: SuspectRequest(**{**WISH, "reason": ""}),
    "a suspect of one officer": lambda: safeguarding.approve(SuspectRequest(**WISH), "ann"),
    "no such purpose": lambda: known_purpose("leisure"),
    "a session of nobody": lambda: session(user=" "), "a session without a role": lambda: session(roles=frozenset()), "a session of a king": lambda: session(roles=frozenset({"analyst", "king"})),
    "a session of no authority": lambda: Session("ann", AuthorityId("x"), "oic", frozenset({"analyst"})), "a session for nothing": lambda: session("leisure"),
    "no such act": lambda: may(session(), "store:record:eat"), "an act of others": lambda: may(session(roles=frozenset({"analyst", "liaison"})), Act.USER_CHANGE),
    "an act for protection": lambda: may(session(roles=frozenset({"safeguarding"})), Act.IDENTITY_LOOK),
    "one's own work": lambda: may(session(roles=frozenset({"supervisor"})), Act.MESSAGE_APPROVE, author="ann"),
    "a look by who may not": lambda: guard(MemoryReader(), session(roles=frozenset({"auditor"})), MemoryAudit(), TODAY),
    "a look at nothing": lambda: view(MemoryReader()).record("rec-none"),  # type: ignore[arg-type]
    "release never": released(never_onward=True), "release to some": released(releasable_to=frozenset({StateCode("RS")})), "release to none": released(releasable_to=frozenset()),
    **{f"release of {code}": released(codes=frozenset({code}), addressees=frozenset({"ann"}) if code == "TLP:RED" else None) for code in sorted(CLOSED_CODES)},
    "release under a condition": released(conditions=frozenset({"ask"})), "release for one": released(addressees=frozenset({"ann"})), "release of what is marked": released(markings=frozenset({"OFFICIAL"})),
    "no such operation": lambda: decide("eat", {}, message(), {}, AT), "a time without a zone": lambda: decide("send", {}, message(), {}, AT.replace(tzinfo=None)),
    "a judgement of refusal": lambda: apply(judge(message(agreement="X")), message()),
    "a judgement on facts": lambda: apply(judge(message(facts={"f1": {"state": "erased"}, "f2": {"state": "erased"}}), "receive"), message()),
    **{f"an agreement, {name}": agreed(**changes) for name, changes in (
        ("no name", {"id": " "}), ("with itself", {"parties": ["AA-POL", "AA-POL"]}), ("of nobody", {"parties": ["x", "AA-POL"]}), ("backwards", {"valid_until": "2024-12-31"}),
        ("no time", {"retain_max_days": -1}), ("all time", {"retain_max_days": 36526}), ("strangers", {"safeguards": {"ZZ": {"ref": "x", "until": "2026-12-31"}, "YY": {"ref": "x", "until": "2026-12-31"}}}),
    )},
}  # fmt: skip
PASSES: Final[dict[str, Callable[[], Any]]] = {
    "a grant": lambda: safeguarding.check_grant([Grant(**{**GRANT, "until": AT}), Grant(**GRANT)], "ann", "P3", AT + HOUR - timedelta(seconds=1)),
    "release of what is open": released(codes=frozenset({"P", "H0", "TLP:CLEAR", "TLP:GREEN"}), purposes=frozenset({"oic"})),
    "release of nothing": lambda: check_release([]),
    "an item at home": lambda: ItemRelease(**ITEM).check_origins(["RS", ""]),
    "an item known to go home": lambda: ItemRelease(**{**ABROAD, "origin": True}).check_origins(["RS"]),
    "an item elsewhere": lambda: ItemRelease(**ABROAD).check_origins(["XK", "al"]),
    "the longest agreement": lambda: agreements(retain_max_days=36525), "the shortest agreement": lambda: agreements(valid_from="2027-12-31", retain_max_days=0),
    "the work of another": lambda: may(session(roles=frozenset({"supervisor"})), Act.MESSAGE_APPROVE, author="bo"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_says_what_it_said(name: str) -> None:
    with pytest.raises(HeadwaterError) as caught:
        REFUSED[name]()
    told = refusal(caught.value)
    hold(HELD, name, [told["error"], told["where"], told["what"], told["fix"]])


@pytest.mark.parametrize("name", PASSES)
def test_what_is_beside_a_refusal_passes(name: str) -> None:
    PASSES[name]()


@pytest.mark.parametrize("after", [True, False])
def test_an_item_opens_for_its_own_bytes_until_its_end(after: bool) -> None:
    item = ItemRelease(**ITEM)
    now = AT + HOUR if after else AT + HOUR - timedelta(seconds=1)
    assert item.opens("ab", "ann", now) is not after
    assert item.opens("cd", "bo", now) is False

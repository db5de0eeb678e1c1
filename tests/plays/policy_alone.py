"""Policy by itself: who may do what and for what, what an agreement says in words, what safeguarding answers at each edge."""

from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import Any

from headwater.errors import HeadwaterError
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, StateCode
from headwater.model.message import Kind
from headwater.policy import safeguarding
from headwater.policy.acts import GRANTS, NEEDS_PURPOSE, Act, Role
from headwater.policy.agreement import AgreementState, Onward, Osja, OsjaLevel, Safeguard
from headwater.policy.indicators import DIMENSIONS, INDICATORS
from headwater.policy.purposes import PURPOSES, known_purpose
from headwater.policy.release import check_release
from headwater.policy.rules.amend import AMEND_RULES
from headwater.policy.rules.fact import FACT_RULES
from headwater.policy.rules.message import ALWAYS_ASKED, MESSAGE_RULES
from headwater.policy.rules.onward import ONWARD_RULES, derived
from headwater.policy.safeguarding import Clocks, Consent, Grant, ItemRelease, Outcome, Ruling, Seen, SuspectRequest
from headwater.policy.session import Session, allowed, may
from headwater.policy.view import permits
from headwater.testing.fakes import START
from tests.exchange_world import LONDON, agreement
from tests.plays.play import Play

HOUR = timedelta(hours=1)
NEVER, FIRST = (
    Clocks(task_h=4.0, notify_h=0.0, first_responder=False),
    Clocks(task_h=4.0, notify_h=2.0, first_responder=True),
)


def _each(does: Any, *given: Any, **more: Any) -> Any:
    """What something gives, or the code and the words of its refusal."""
    try:
        return does(*given, **more)
    except HeadwaterError as error:
        return [error.code, error.what]


def rights(folder: Path) -> Play:
    """The tables of acts, roles, purposes, rules and signs, and every session against every act."""
    play = Play({}, [folder])
    play.act("grants", lambda: {act.value: sorted(roles) for act, roles in GRANTS.items()})
    play.act("needs a purpose", lambda: {act.value: sorted(names) for act, names in NEEDS_PURPOSE.items()})
    play.act("purposes", lambda: dict(PURPOSES))
    play.act("a purpose that there is not", known_purpose, "leisure")
    play.act("signs", lambda: [dict(DIMENSIONS), dict(INDICATORS)])
    rules = (*ALWAYS_ASKED, *MESSAGE_RULES, *FACT_RULES, *ONWARD_RULES, derived, *AMEND_RULES)
    play.act("rules", lambda: [(one.id, one.name, one.outcome, sorted(one.ops), one.text, one.remedy) for one in rules])
    sessions = [
        Session(user="o.reed", authority=LONDON, purpose=purpose, roles=frozenset({role}))
        for role, purpose in product(Role, ("oic", "victim-protection"))
    ]
    for act in Act:
        play.act(f"may {act}", lambda act=act: [one.roles | {one.purpose} for one in sessions if allowed(one, act)])
    officer = Session(user="s.hall", authority=LONDON, purpose="oic", roles=frozenset({"supervisor"}))
    for author in ("s.hall", "o.reed", None):
        play.act(f"approves the work of {author}", may, officer, Act.MESSAGE_APPROVE, author=author)
    play.act("does what there is not", may, officer, "message:eat")
    play.act("does what is for others", may, officer, Act.USER_CHANGE)
    for name, changes in (
        ("nobody", {"user": " "}), ("no authority", {"authority": AuthorityId("x")}), ("no purpose", {"purpose": "x"}),
        ("no role", {"roles": frozenset()}), ("no such role", {"roles": frozenset({"king"})}),
    ):  # fmt: skip
        values: dict[str, Any] = {
            "user": "o.reed",
            "authority": LONDON,
            "purpose": "oic",
            "roles": frozenset({"analyst"}),
        }
        play.act(f"a session of {name}", Session, **{**values, **changes})
    return play


def words(folder: Path) -> Play:
    """Agreements in words and as what both sides sign, those that nobody can have made, and handling at its edges."""
    play = Play({}, [folder])
    until = date(2027, 1, 1)
    for name, changes in (
        ("plain", {}), ("binding", {"binding": True, "safeguards": {}, "osja": None}), ("sensitive", {"sensitive": True, "languages": ("sr", "en")}),
        ("onward", {"onward": Onward(never=frozenset({StateCode("RS"), StateCode("ME")}))}), ("high", {"osja": Osja(ref="X", level=OsjaLevel.HIGH, review_by=until)}),
        ("nothing", {"purposes": frozenset(), "kinds": frozenset(), "categories": frozenset(), "markings": {}}),
        ("ranks", {"markings": {"B": 1, "A": 1, "Z": 0}}), ("suspended", {"state": AgreementState.SUSPENDED, "deadlines": "other"}),
        ("no name", {"id": " "}), ("with itself", {"parties": (LONDON, LONDON)}), ("one day", {"valid_from": until, "valid_until": until}),
        ("backwards", {"valid_from": until, "valid_until": date(2026, 12, 31)}), ("no time", {"retain_max_days": 0}), ("less than none", {"retain_max_days": -1}),
        ("a century", {"retain_max_days": 36_525}), ("more than a century", {"retain_max_days": 36_526}),
        ("a stranger's safeguard", {"safeguards": {StateCode("XK"): Safeguard(ref="X", until=until)}}), ("kinds", {"kinds": frozenset(Kind)}),
    ):  # fmt: skip
        made = play.act(f"agreement: {name}", agreement, **changes)
        if made is not None:
            play.act(f"agreement: {name}, in words", lambda made=made: made.explain().splitlines())
            play.act(f"agreement: {name}, signed", made.canonical)
    handlings: dict[str, Handling] = {
        "free": Handling(), "for oic": Handling(purposes=frozenset({"oic"})), "for court": Handling(purposes=frozenset({"court"})),
        "until today": Handling(retain_until=START.date()), "until yesterday": Handling(retain_until=START.date() - timedelta(days=1)),
        "for o.reed": Handling(addressees=frozenset({"o.reed"})), "for nobody": Handling(addressees=frozenset()),
        "never": Handling(never_onward=True), "to some": Handling(releasable_to=frozenset({StateCode("RS")})), "to any": Handling(releasable_to=None),
        **{code: Handling(releasable_to=None, codes=frozenset({code})) for code in ("P", "C", "H0", "H1", "H2", "H3", "TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT")},
        "condition": Handling(releasable_to=None, conditions=frozenset({"ask"})), "marked": Handling(releasable_to=None, markings=frozenset({"OFFICIAL"})),
        "addressed": Handling(releasable_to=None, addressees=frozenset({"o.reed"})),
    }  # fmt: skip
    officer = Session(user="o.reed", authority=LONDON, purpose="oic", roles=frozenset({"analyst"}))
    for name, handling in handlings.items():
        play.act(f"handling: {name}", lambda handling=handling: permits(handling, officer, START.date()))
        play.act(f"handling: {name}, released", check_release, [handling])
        play.act(
            f"handling: {name}, released with what is free", check_release, [Handling(releasable_to=None), handling]
        )
    return play


def guarding(folder: Path) -> Play:
    """Grants, tasks, rulings, releases of items and wishes for suspects: each at, before and after each edge."""
    play = Play({}, [folder])
    for name, changes in (
        ("made", {}), ("to oneself", {"reader": "lead"}), ("of nobody", {"pseudonym": " "}), ("of all", {"pseudonym": "*"}),
        ("of two", {"pseudonym": "a,b"}), ("without a reason", {"reason": ""}), ("without a zone", {"until": START.replace(tzinfo=None)}),
    ):  # fmt: skip
        values: dict[str, Any] = {
            "pseudonym": "P3",
            "reader": "keeper",
            "by": "lead",
            "until": START + HOUR,
            "reason": "care",
        }
        play.act(f"grant {name}", Grant, **{**values, **changes})
    grants = [
        Grant(pseudonym="P3", reader="keeper", by="lead", until=START + HOUR * hours, reason="care") for hours in (2, 1)
    ]
    for who, whom, hours in product(("keeper", "other"), ("P3", "P4"), (0, 1, 2)):
        play.act(f"{who} reads of {whom} at {hours}", safeguarding.check_grant, grants, who, whom, START + hours * HOUR)
    sign = Seen(code="medium.debt-to-carrier", where="gate", why="a debt", at=START, by="o.reed")
    task = play.act("opened", safeguarding.open_task, "task-1", "P3", "URN", sign, FIRST, woman_officer=True)
    more = Seen(code="strong.violence", where="gate", why="bruises", at=START + HOUR, by="o.reed")
    play.act("more is seen", safeguarding.see_more, task, more, FIRST)
    for clocks, outcome, consent in product((NEVER, FIRST), Outcome, (False, True)):
        for hours in (1, 5):
            ruling = Ruling(outcome=outcome, by="keeper", at=START + hours * HOUR, reason="as told", consent=consent)
            name = f"{'first' if clocks is FIRST else 'no'} responder rules {outcome} {consent} at {hours}"
            made = play.act(name, safeguarding.decide, task, ruling, clocks)
            if made is not None:
                later = [START + timedelta(hours=at, seconds=off) for at in (3, 4, 7) for off in (0, 1)]
                play.act(f"{name}, then", lambda made=made, ruling=ruling, clocks=clocks, later=later: [
                    made.is_open, [made.overdue(at) for at in later], _each(safeguarding.decide, made, ruling, clocks),
                    _each(safeguarding.see_more, made, more, clocks),
                ])  # fmt: skip
    play.act(
        "no reason", safeguarding.decide, task, Ruling(outcome=Outcome.DECLINED, by="k", at=START, reason=" "), FIRST
    )
    duty = safeguarding.decide(task, Ruling(outcome=Outcome.DUTY_TO_NOTIFY, by="k", at=START, reason="x"), FIRST)
    then = Ruling(outcome=Outcome.DISMISSED, by="k", at=START + HOUR, reason="x")
    play.act("a duty stays when it is decided otherwise", safeguarding.decide, duty, then, FIRST)
    play.act("open tasks late", lambda: [task.overdue(START + timedelta(hours=4, seconds=off)) for off in (-1, 0, 1)])
    _items(play)
    for name, changes in (("made", {}), ("without an offence", {"offence": " "}), ("without a reason", {"reason": ""})):
        wish = {"case": "URN", "person": "P3", "offence": "x", "reason": "steered", "by": "o.reed", **changes}
        made = play.act(f"suspect {name}", SuspectRequest, **wish)
        if made is not None:
            for officer in ("o.reed", "s.hall"):
                play.act(f"suspect approved by {officer}", safeguarding.approve, made, officer)
    return play


def _items(play: Play) -> None:
    """Releases of withheld items: to whom, with which consent and basis, from where the person comes, until when."""
    values: dict[str, Any] = {
        "case": "URN", "ref": "S2", "view": "defence", "state": "", "sha256": "ab", "by": "keeper", "until": START + HOUR, "reason": "relied on",
    }  # fmt: skip
    for state, consent, basis, origin in product(("", "RS"), Consent, ("", "TCA"), (False, True)):
        name = f"item to {state or 'a court'} with {consent} and {basis or 'nothing'}{', knowing' if origin else ''}"
        made = play.act(
            name, ItemRelease, **{**values, "state": state, "consent": consent, "basis": basis, "origin": origin}
        )
        if made is not None:
            for origins in (["RS"], ["rs"], ["XK"], [""], ["Serbia"], [], ["XK", "RS"]):
                play.act(f"{name}, from {origins}", made.check_origins, origins)
    made = ItemRelease(**values)
    play.act("item without a reason", ItemRelease, **{**values, "reason": " "})
    for sha, exporter, seconds in product(("ab", "cd"), ("keeper", "s.hall"), (-1, 0, 1)):
        play.act(
            f"item {sha} opens for {exporter} {seconds} s after",
            made.opens,
            sha,
            exporter,
            START + HOUR + timedelta(seconds=seconds),
        )

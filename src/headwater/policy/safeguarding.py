"""Safeguarding: who may read the vault, what an indicator sets going, and by when. People decide; clocks only remind.

Grants are for one person and one reader, for a time, by somebody else. Whoever has none, whose grant has ended, and who
asks for a person that there is not, learn the same, but for the end of an own grant.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from headwater.errors import ConflictError, ExpiredError, ForbiddenError, NoBasisError, Place, SchemaError
from headwater.model.times import require_utc

_UNSEEN = "there is no such person, or you have no grant to read about one"


class Outcome(StrEnum):
    """What a trained person can decide about somebody who may be a victim."""

    REFERRAL = "referral"
    DUTY_TO_NOTIFY = "duty-to-notify"
    CHILD = "child"
    DECLINED = "declined"
    HANDED_OVER = "handed-over"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Leave for one user to read about one protected person.

    Attributes:
        pseudonym: whose entry.
        reader: who may read.
        by: who gave it.
        until: the end, in UTC.
        reason: why, in the giver's words.
    """

    pseudonym: str
    reader: str
    by: str
    until: datetime
    reason: str

    def __post_init__(self) -> None:
        """Refuse a grant for oneself, for nothing, or of several persons at once."""
        require_utc(self.until, field="until")
        for field, value in (("pseudonym", self.pseudonym), ("reader", self.reader), ("reason", self.reason)):
            if not value.strip():
                raise SchemaError("a grant without it is none", where=Place(field=field))
        if "," in self.pseudonym or "*" in self.pseudonym:
            raise SchemaError("a grant is for one person, never for a list", where=Place(field="pseudonym"))
        if self.reader == self.by:
            raise ForbiddenError("rule four-eyes: a grant to oneself", fix="ask a colleague to give it")


def check_grant(grants: Iterable[Grant], reader: str, pseudonym: str, now: datetime) -> Grant:
    """Return the grant by which somebody may read about a person now.

    Raises:
        ForbiddenError: there is none; the answer is the same where there is no such person.
        ExpiredError: the last one has ended.
    """
    mine = [grant for grant in grants if grant.reader == reader and grant.pseudonym == pseudonym]
    if not mine:
        raise ForbiddenError(_UNSEEN, fix="ask the safeguarding lead for a grant, with your reason")
    last = max(mine, key=lambda grant: grant.until)
    if last.until <= now:
        raise ExpiredError("your grant to read about this person has ended", fix="ask for a new one")
    return last


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One indicator that somebody saw: what, where, why. It is no score."""

    code: str
    where: str
    why: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What a person decided on a task."""

    outcome: Outcome
    by: str
    at: datetime
    reason: str
    consent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """How long an organisation gives itself.

    Attributes:
        task_h: hours until a trained person must have looked.
        notify_h: hours from the decision until a duty to notify (Modern Slavery Act 2015, s.52) must be done; 0 where
            the organisation has no such duty.
        first_responder: whether it may refer by itself (National Referral Mechanism).
    """

    task_h: float
    notify_h: float
    first_responder: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task for a trained person, opened by an indicator.

    Attributes:
        id: its name; tells nothing of the person.
        pseudonym: whom it is about.
        case: where the person appears, empty for no case.
        due: by when a trained person must have looked.
        woman_officer: the person asked for a woman officer.
        notify_by: by when a duty to notify must be done.
        notified: reference of the notification, empty where none was made of the duty that was decided last.
    """

    id: str
    pseudonym: str
    case: str
    opened_at: datetime
    due: datetime
    seen: tuple[Seen, ...]
    woman_officer: bool = False
    rulings: tuple[Ruling, ...] = ()
    notify_by: datetime | None = None
    notified: str = ""

    @property
    def is_open(self) -> bool:
        """Whether nobody has decided since the last indicator was seen."""
        return not self.rulings or self.rulings[-1].at < max(one.at for one in self.seen)

    def overdue(self, now: datetime) -> tuple[str, ...]:
        """Return what is late: ``look`` where nobody has decided in time, ``notify`` where a duty was not done."""
        late = ["look"] if self.is_open and self.due < now else []
        if self.notify_by is not None and not self.notified and self.notify_by < now:
            late.append("notify")
        return tuple(late)


def open_task(ref: str, pseudonym: str, case: str, seen: Seen, clocks: Clocks, *, woman_officer: bool) -> Task:
    """Return the task that an indicator opens: one is enough, whatever its strength."""
    due = seen.at + timedelta(hours=clocks.task_h)
    return Task(
        id=ref, pseudonym=pseudonym, case=case, opened_at=seen.at, due=due, seen=(seen,), woman_officer=woman_officer
    )


def see_more(task: Task, seen: Seen, clocks: Clocks) -> Task:
    """Return a task with one indicator more; a task that was decided is open again, with a new clock."""
    due = task.due if task.is_open else seen.at + timedelta(hours=clocks.task_h)
    return replace(task, seen=(*task.seen, seen), due=due)


def decide(task: Task, ruling: Ruling, clocks: Clocks) -> Task:
    """Return a task on which a person has decided.

    Raises:
        SchemaError: no reason was given.
        NoBasisError: an adult is referred without consent, or by an organisation that is no first responder.
        ConflictError: the same decision stands already.
    """
    if not ruling.reason.strip():
        raise SchemaError(
            "a decision without a reason", where=Place(field="reason"), fix="say why; you need not be certain"
        )
    if ruling.outcome is Outcome.REFERRAL and not ruling.consent:
        fix = "record the person's consent, or decide on a duty to notify; a child needs none"
        raise NoBasisError("rule consent: an adult is referred only with consent", fix=fix)
    barred = _barred(ruling.outcome, clocks)
    if barred is not None:
        raise barred
    if task.rulings and task.rulings[-1].outcome is ruling.outcome and not task.is_open:
        raise ConflictError("decided so already", where=task.id, fix="look at its history")
    made = replace(task, rulings=(*task.rulings, ruling))
    if ruling.outcome is not Outcome.DUTY_TO_NOTIFY:
        return made
    return replace(made, notify_by=ruling.at + timedelta(hours=clocks.notify_h), notified="")


def possible(clocks: Clocks) -> tuple[Outcome, ...]:
    """Return what an organisation may decide at all."""
    return tuple(outcome for outcome in Outcome if _barred(outcome, clocks) is None)


def _barred(outcome: Outcome, clocks: Clocks) -> NoBasisError | None:
    if outcome in (Outcome.REFERRAL, Outcome.CHILD) and not clocks.first_responder:
        return NoBasisError(
            "rule first-responder: this organisation is none", fix="hand over to one: --outcome handed-over"
        )
    if outcome is Outcome.DUTY_TO_NOTIFY and not clocks.notify_h:
        return NoBasisError("rule duty-to-notify: this organisation has no such duty", fix="hand over to one that has")
    return None


class Consent(StrEnum):
    """What allows that something of a protected person goes to another node."""

    NONE = "none"
    GIVEN = "given"
    CHILD = "child"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRelease:
    """Leave for one withheld item to stand in one view of a case, until a time. It tells nothing of the person.

    Attributes:
        case, ref: the item.
        view: for whom, as a command line names it.
        state: of the partner whose view it is, empty for any other.
        sha256: of the item's bytes, in hex: other bytes under its reference are not released.
        by: who decided.
        until: the end, in UTC.
        reason: why, in words that name nobody.
        basis: the ground in law, where it goes to another node.
        consent: of the person, where it goes to another node.
        origin: the decider knows that the partner may be of the state the person comes from, and released it all the same.
    """

    case: str
    ref: str
    view: str
    state: str
    sha256: str
    by: str
    until: datetime
    reason: str
    basis: str = ""
    consent: Consent = Consent.NONE
    origin: bool = False

    def __post_init__(self) -> None:
        """Refuse a release without a reason, and one to another node without consent or basis (`victims.md`, rule 6)."""
        require_utc(self.until, field="until")
        if not self.reason.strip():
            raise SchemaError("a release without a reason", where=Place(field="reason"), fix="say why it is needed")
        if self.state and (self.consent is Consent.NONE or not self.basis.strip()):
            fix = "record the person's consent (or that it is a child), and the basis in law"
            raise NoBasisError("rule sharing: nothing of a protected person goes to another node without both", fix=fix)

    def check_origins(self, origins: Iterable[str]) -> None:
        """Refuse what would go to the state that a person of the item comes from, or may come from.

        Args:
            origins: the recorded nationality of each person in the item, empty where none is recorded.

        Raises:
            NoBasisError: one of them is that state, or cannot be told from it, and the decider has not said so.
        """
        if not self.state or self.origin:
            return
        if any(len(origin) != _STATE_LETTERS or origin.upper() == self.state for origin in origins):
            fix = "if it must go all the same, say so: --to-origin, and why in --reason"
            raise NoBasisError("rule origin: the partner may be of the state that a person in it comes from", fix=fix)

    def opens(self, sha256: str, exporter: str, now: datetime) -> bool:
        """Return whether these bytes may be shown now.

        Raises:
            ForbiddenError: whoever exports has released them.
        """
        if self.sha256 != sha256 or self.until <= now:
            return False
        if self.by == exporter:
            raise ForbiddenError(
                "rule four-eyes: an item released and exported by one person", where=self.ref, fix="ask a colleague"
            )
        return True


_STATE_LETTERS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspectRequest:
    """The wish to make a suspect of somebody who was smuggled, or is a victim: an offence, a reason, two officers.

    Attributes:
        approved_by: the second officer, empty where none has approved yet.
    """

    case: str
    person: str
    offence: str
    reason: str
    by: str
    approved_by: str = ""

    def __post_init__(self) -> None:
        """Refuse a wish without an offence or a reason: having been smuggled is none (Smuggling Protocol art. 5)."""
        for field, value in (("offence", self.offence), ("reason", self.reason)):
            if not value.strip():
                raise SchemaError("nobody becomes a suspect without it", where=Place(field=field))


def approve(wish: SuspectRequest, officer: str) -> SuspectRequest:
    """Return the wish, approved by a second officer.

    Raises:
        ForbiddenError: it is the first officer's own.
    """
    if officer == wish.by:
        raise ForbiddenError("rule four-eyes: a suspect made by one officer alone", fix="ask a second officer")
    return replace(wish, approved_by=officer)

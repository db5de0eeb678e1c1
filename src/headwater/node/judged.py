"""What people have decided about pairs of a query and a list entry, remembered when the same pair comes up again.

A pair is a query's id and an entry's key. Somebody who said "different" is not asked again, under whatever edition of the
list, until the query or the entry says something else; then the pair is open again, and says what changed.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from headwater.engines.match.delta import changes, content_of
from headwater.engines.match.screening import Hit
from headwater.errors import ForbiddenError
from headwater.model.decision import Decision, Verb, standing
from headwater.model.finding import Finding, Reason
from headwater.model.ids import RecordId
from headwater.ports import View

WORDS = {Verb.CONFIRM: "the same", Verb.DISMISS: "different", Verb.UNSURE: "not sure"}
Pair = tuple[str, ...]
"""The subjects of a finding of screening: ``query:ID`` and the entry's key."""


@dataclass(frozen=True, slots=True)
class Silenced:
    """A pair that somebody has told apart and that has not changed since."""

    hit: Hit
    decision: Decision

    def document(self) -> dict[str, Any]:
        """Return it as it stands in a document."""
        made = self.decision
        return {"query": self.hit.query, "list": self.hit.list, "entry": self.hit.entry, "decision": made.id,
                "who": made.who, "decided_at": made.decided_at.isoformat(), "reason": made.reason}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judged:
    """Hits as they stand after what was decided before: those to look at, and those that are silent."""

    hits: tuple[Hit, ...]
    silenced: tuple[Silenced, ...]


def judge(view: View, hits: Iterable[Hit]) -> Judged:
    """Return hits less the pairs that were told apart, each of the others with what was decided and has changed."""
    found = tuple(hits)
    pairs = {hit.finding.subjects for hit in found}
    known = _decided(view, pairs) if pairs else {}
    shown: list[Hit] = []
    silent: list[Silenced] = []
    for hit in found:
        last = known.get(hit.finding.subjects)
        if last is None:
            shown.append(hit)
            continue
        finding, decision = last
        changed = _changed(view, finding, hit.finding)
        if decision.verb is Verb.DISMISS and not changed:
            silent.append(Silenced(hit, decision))
        else:
            shown.append(_told(hit, decision, changed))
    return Judged(tuple(shown), tuple(silent))


def _decided(view: View, pairs: set[Pair]) -> Mapping[Pair, tuple[Finding, Decision]]:
    """Return the last decision about each pair, with the finding that it was made on."""
    last: dict[Pair, tuple[Finding, Decision]] = {}
    for finding in view.findings():
        if finding.subjects not in pairs:
            continue
        for made in standing(view.decisions(finding.id)):
            known = last.get(finding.subjects)
            if made.verb in WORDS and (known is None or made.decided_at >= known[1].decided_at):
                last[finding.subjects] = finding, made
    return last


def _changed(view: View, before: Finding, now: Finding) -> list[str]:
    """Return what the query and the entry say that they did not when the decision was made."""
    said: list[str] = []
    was, asked = _query(before), _query(now)
    said.extend(
        f"the query's {field} was {was.get(field) or 'not given'}"
        for field in sorted({*was, *asked})
        if was.get(field) != asked.get(field)
    )
    old, new = _record(before), _record(now)
    if old != new:
        try:
            contents = content_of(view.record(old)), content_of(view.record(new))
        except ForbiddenError:
            return [*said, "the entry that it was decided on is no longer kept"]
        said.extend(f"the entry's {one}" for one in changes(*contents))
    return said


def _query(finding: Finding) -> Mapping[str, str]:
    found: Mapping[str, str] = json.loads(finding.params)["query"]
    return found


def _record(finding: Finding) -> RecordId:
    return RecordId(finding.evidence[0].ref.partition("/")[0])


def _told(hit: Hit, decision: Decision, changed: list[str]) -> Hit:
    """Return a hit that says what was decided about its pair before; with nothing changed it stays as it was decided."""
    if not changed:
        return hit
    words = f"decided before as {WORDS[decision.verb]} by {decision.who}; since then {'; '.join(changed)}"
    finding = hit.finding
    reason = Reason("decision.reopened", 0.0, words)
    return replace(
        hit, finding=replace(finding, text=f"{finding.text} Open again: {words}.", reasons=(*finding.reasons, reason))
    )

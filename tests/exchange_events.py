"""What each event of the exchange tells, and in which form: an auditor reads the ledger by these names and words."""

import re
from typing import Final

from headwater.ports import Event

DETAILS: Final = {
    "exchange.accepted": "reason",
    "exchange.agreement-added": "",
    "exchange.agreement-ended": "",
    "exchange.agreement-live": "",
    "exchange.agreement-suspended": "",
    "exchange.alarm": "code evidence what",
    "exchange.alarm-cleared": "code reason",
    "exchange.amend-asked": "action facts holders",
    "exchange.amend-done": "amend facts log_index",
    "exchange.amend-doubted": "",
    "exchange.amend-waits": "code",
    "exchange.amended": "action erased not-held rectified regraded restricted",
    "exchange.approved": "role",
    "exchange.card-made": "roots version",
    "exchange.card-not-sent": "code",
    "exchange.card-taken": "version",
    "exchange.consent-doubted": "facts thread",
    "exchange.consent-recorded": "facts thread",
    "exchange.cosigned": "root size",
    "exchange.cross-checked": "finding",
    "exchange.dead-letter": "to",
    "exchange.deadline-alarm": "level peer way",
    "exchange.delivered-again": "result",
    "exchange.duplicate": "sha256",
    "exchange.equivocation": "code seq sha256",
    "exchange.file-kept": "from sha256 size",
    "exchange.file-waits": "code from",
    "exchange.flagged": "from key messages",
    "exchange.held": "rule to",
    "exchange.kept-as-evidence": "reason",
    "exchange.key-destroyed": "",
    "exchange.missed": "count",
    "exchange.not-sent": "rule to",
    "exchange.notice": "facts to",
    "exchange.notice-due": "code to",
    "exchange.partner-added": "",
    "exchange.partner-confirmed": "",
    "exchange.partner-live": "",
    "exchange.partner-revoked": "",
    "exchange.partner-suspended": "",
    "exchange.put-aside": "reason",
    "exchange.receipt-doubted": "code",
    "exchange.receipt-missing": "",
    "exchange.receipted": "result sha256",
    "exchange.received": "agreement categories facts kind rule seq sha256",
    "exchange.redacted": "facts rule to",
    "exchange.refused": "again code count detail result seq sha256",
    "exchange.resting": "code",
    "exchange.search-unanswered": "code",
    "exchange.sent": "agreement categories facts kind seq to",
    "exchange.sync-doubted": "why",
    "exchange.table-expired": "findings record",
    "exchange.text-decided": "amend reason stripped",
    "exchange.text-names-recalled": "amend facts thread",
    "exchange.told": "word",
    "exchange.withdrawn": "",
    "exchange.witnessed": "root size",
    "exchange.word-doubted": "",
    "findings.withdrawn": "amend expired",
}
"""Names that may stand in an event's detail, by its kind; an event of another kind is not one of the exchange's."""

_COUNT: Final = r"\d+"
_SHA256: Final = r"[0-9a-f]{64}"
_AUTHORITY: Final = r"[A-Z]{2}-[A-Z]+"
_MESSAGE: Final = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_FACT: Final = r"(rec|fnd)-[0-9a-z]+(/\d+)?"
_WORD: Final = r"[a-z0-9-]+"
FORMS: Final = {
    "action": "erase|restrict|rectify|regrade",
    "again": f"({_MESSAGE})?",
    "agreement": r"[A-Z0-9-]*",
    "amend": f"({_MESSAGE}|{_FACT})?",
    "categories": r"([a-z-]+=\d+( [a-z-]+=\d+)*)?",
    "code": rf"{_WORD}(\.{_WORD})?",
    "evidence": rf"({_SHA256}( {_SHA256})*)?",
    "expired": _FACT,
    "facts": rf"{_COUNT}|[^ ]+( [^ ]+)*",
    "finding": _FACT,
    "from": rf"({_AUTHORITY}|\d{{4}}-\d\d-\d\dT[0-9:.]+Z)?",
    "key": _SHA256,
    "kind": _WORD,
    "level": "50|80|100",
    "peer": _AUTHORITY,
    "record": _FACT,
    "result": rf"stored|refused:{_WORD}",
    "role": _WORD,
    "root": _SHA256,
    "roots": "changed",
    "rule": rf"({_WORD})?",
    "sha256": _SHA256,
    "stripped": "0|1",
    "thread": rf"({_MESSAGE})?",
    "to": rf"{_AUTHORITY}|[A-Z]{{2}}",
    "way": "in|out",
    "why": rf"no sync|no checkpoint|not our checkpoint|not our receipt|a checkpoint it has not signed|{_WORD}\.{_WORD}",
    "word": "read|accepted|acted",
    **dict.fromkeys(("count", "erased", "findings", "holders", "log_index", "messages", "not-held"), _COUNT),
    **dict.fromkeys(("rectified", "regraded", "restricted", "seq", "size", "version"), _COUNT),
}
"""In which form each name of a detail has its value; what a person writes, and what is wrong in words, has none."""
_WHO: Final = rf"{_AUTHORITY}|[a-z]+(\.[a-z]+)?"
"""A partner or this node's authority; a user's name, or one of the words `node` and `unproved`."""
_SUBJECT: Final = rf"{_MESSAGE}|{_AUTHORITY}|{_FACT}|{_SHA256}|[A-Z0-9]+(-[A-Z0-9]+)+|nobody"


def strange(event: Event) -> str:
    """Return what of an event of the exchange an auditor would not know, empty where nothing is."""
    if event.kind not in DETAILS or not set(event.detail) <= set(DETAILS[event.kind].split()):
        return "kind or names"
    forms = [("who", _WHO, event.who), ("subject", _SUBJECT, event.subject), ("purpose", "[a-z-]*", event.purpose)]
    forms += [(name, FORMS[name], str(value)) for name, value in event.detail.items() if name in FORMS]
    return ", ".join(name for name, form, value in forms if not re.fullmatch(form, value))

"""The clock of EUROSUR reports: which drafts of a folder are due when, which were sent, and the report that a rescue is over."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson

from headwater.errors import SchemaError
from headwater.formats.eurosur import due_field, read_draft, write_closure_draft
from headwater.model.times import format_instant, parse_instant
from headwater.node.files import json_object, write

FIRST: Final = "-eurosur.json"
CLOSURE: Final = "-eurosur-closure.json"


def reports(folder: Path, now: datetime) -> list[dict[str, Any]]:
    """Return the drafts of a folder, those that are due first in front: what is due when, what is late, what was sent.

    Raises:
        InputError: the folder is none, or a draft in it is none.
    """
    if not folder.is_dir():
        raise SchemaError(
            "no folder of drafts", where=str(folder), fix="make one: headwater watch alert ... --drafts DIR"
        )
    found = [
        _row(path.name, read_draft(json_object(path), path.name), now)
        for path in sorted(folder.iterdir())
        if path.name.endswith((FIRST, CLOSURE))
    ]
    return sorted(found, key=lambda row: (row["sent_at"] is not None, row["due"], row["draft"]))


def _row(name: str, draft: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    due = parse_instant(str(draft[due_field(draft)]), field="due")
    sent = draft.get("sentAt")
    done = parse_instant(str(sent), field="sentAt") if sent else now
    return {
        "draft": name,
        "kind": draft["report"]["kind"],
        "event": draft["report"]["eventIdentifier"],
        "due": format_instant(due),
        "left_s": None if sent else int((due - now).total_seconds()),
        "sent_at": sent,
        "late": done > due,
        "open_fields": draft.get("toBeCompletedByAPerson", []),
    }


def mark_sent(draft: Path, at: datetime) -> dict[str, Any]:
    """Write into a draft that a person has sent it, and return how it stands now.

    Raises:
        InputError: it is no draft, or was sent before.
        StoreIoError: it cannot be written.
    """
    given = read_draft(json_object(draft), draft.name)
    if given.get("sentAt"):
        raise SchemaError("it was sent before", where=draft.name)
    given.update(sentAt=format_instant(at), draft=False)
    write(draft, orjson.dumps(given, option=orjson.OPT_INDENT_2))
    return _row(draft.name, given, at)


def close(draft: Path, ended: datetime, outcome: str, now: datetime) -> dict[str, Any]:
    """Write the draft of the closure report beside the first one, and return how it stands.

    Raises:
        InputError: it is no first report of a rescue, the end makes no sense, or a closure is there already.
        StoreIoError: it cannot be written.
    """
    first = read_draft(json_object(draft), draft.name)
    if ended > now:
        raise SchemaError("an end that is still to come", where="--ended")
    out = draft.with_name(draft.name.removesuffix(FIRST) + CLOSURE)
    if out.exists():
        raise SchemaError("it is closed already", where=out.name)
    data = write_closure_draft(first, ended, outcome)
    write(out, data)
    return _row(out.name, orjson.loads(data), now)

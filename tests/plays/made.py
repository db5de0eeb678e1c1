"""All plays by their names, and the files that hold them.  python -m tests.plays.made [NAME ...]  writes them anew.

These are no proofs that an act is right: other tests hold that. They hold that nothing of what an act gives, keeps or notes
changes without anybody's knowing. Whoever changes an act on purpose writes its play anew and reads the difference.
"""

import json
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from tests.plays.play import Play, written

FOLDER: Final = Path(__file__).parent / "held"
MADE_BY: Final = "python -m tests.plays.made {}"
EXCHANGE: Final = {
    "consents": "exchange_third:consents",
    "broken-glass": "exchange_third:broken_glass",
    "recalls": "exchange_third:recalls",
    "recalls-that-wait": "exchange_third:recalls_that_wait",
    "outgoing": "exchange_desk:outgoing",
    "incoming": "exchange_desk:incoming",
    "requests": "exchange_desk:requests",
    "lookups": "exchange_desk:lookups",
    "acquaintance": "exchange_partners:acquaintance",
    "cards": "exchange_partners:cards",
    "alarms": "exchange_partners:alarms",
    "delivery": "exchange_wires:delivery",
    "doubles": "exchange_wires:doubles",
    "syncs": "exchange_wires:syncs",
    "files": "exchange_wires:files",
    "refused": "exchange_more:refused",
    "held-back": "exchange_more:held_back",
    "lies": "exchange_seldom:lies",
    "held": "exchange_seldom:held",
    "overtaken": "exchange_seldom:overtaken",
    "rests": "exchange_seldom:rests",
    "races": "exchange_seldom:races",
    "odd-forms": "exchange_seldom:forms",
    "late": "exchange_seldom:late",
}
NODE: Final = {
    "claims": "node_alone:claims",
    "doors": "node_alone:doors",
    "vault": "node_alone:vault",
    "counted": "node_alone:counted",
    "letters": "node_wired:letters",
    "answers": "node_wired:answers",
    "threats": "node_streams:threats",
    "reports": "node_streams:reports",
    "tracks": "node_streams:tracks",
}
STORE: Final = {
    "messages": "store_alone:messages",
    "records": "store_alone:records",
    "ledger": "store_alone:ledger",
    "read-only": "store_alone:read_only",
    "durable": "store_files:durable",
    "shelf": "node_streams:shelf",
    "damaged": "store_files:damaged",
}
POLICY: Final = {
    "rights": "policy_alone:rights",
    "words": "policy_alone:words",
    "guarding": "policy_alone:guarding",
}
PAGE: Final = {
    "forms-of-the-queue": "page_forms:triage",
    "forms-of-charts": "page_forms:sought",
    "forms-of-a-case": "page_forms:built",
    "forms-of-the-house": "page_forms:guarded",
    "forms-of-messages": "page_forms:written",
}
ALL: Final = {**EXCHANGE, **NODE, **STORE, **POLICY, **PAGE}


def play(name: str, folder: Path) -> str:
    """Play a play and return the text that holds it; nothing is imported for the others."""
    module, _, function = ALL[name].partition(":")
    made: Play = getattr(import_module(f"tests.plays.{module}"), function)(folder)
    return written(made.told)


def played(name: str, folder: Path) -> dict[str, Any]:
    """Play a play and return it as its file would hold it."""
    told: dict[str, Any] = json.loads(play(name, folder))
    return told


def held(name: str) -> dict[str, Any]:
    """A play as it is held."""
    told: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return told


def differences(held_acts: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What is told otherwise than before, act by act: what stood is marked with -, what stands now with +."""
    found = [] if [*held_acts] == [*now] else [f"other acts: {sorted({*held_acts} ^ {*now})}"]
    for name in (name for name in held_acts if name in now):
        for key in dict.fromkeys((*held_acts[name], *now[name])):
            old, new = held_acts[name].get(key), now[name].get(key)
            if old != new:
                found += [
                    f"{name} / {key}",
                    f"- {json.dumps(old, ensure_ascii=False)}",
                    f"+ {json.dumps(new, ensure_ascii=False)}",
                ]
    return found


def main(names: list[str]) -> None:
    """Write plays."""
    FOLDER.mkdir(exist_ok=True)
    for name in names or ALL:
        with tempfile.TemporaryDirectory() as folder:
            (FOLDER / f"{name}.json").write_text(play(name, Path(folder)), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

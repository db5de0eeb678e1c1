"""Indicators at a node: held against all that a user may see, what is met kept as findings."""

from dataclasses import dataclass

from headwater.engines.match.indicators import IndicatorEngine, indicator_count
from headwater.model.canonical import decode
from headwater.model.finding import Finding, params_text
from headwater.model.message import Message
from headwater.node import findings, runs
from headwater.node.node import Node
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Event


@dataclass(frozen=True, slots=True)
class Done:
    """What a run found: how many indicators were in force, the findings, the strongest first, and how many are new."""

    indicators: int
    findings: tuple[Finding, ...]
    added: int


def run(node: Node, session: Session) -> Done:
    """Hold the indicators against payments, listings, messages and records, and keep what is met.

    Raises:
        PolicyError: the user may not trace.
        MissingExtraError: there are tables, and the libraries that read them are not installed.
    """
    may(session, Act.TABLE_TRACE)
    engine = IndicatorEngine()
    with node.view_at(session) as (snapshot, view):
        texts: dict[str, str] = {}
        for row in node.exchange.incoming():
            message = decode(row.body, Message) if row.body else None
            if message is not None and message.text:
                texts |= dict.fromkeys(snapshot.born_of(row.id), message.text)
        count = indicator_count(view)
        found = sorted(engine.run(view, {"messages": texts}), key=lambda one: (-one.score, one.id))
    noted = runs.Noted(engine.name, engine.version, params_text({}))
    added = findings.keep(node, session, found, noted)
    detail: dict[str, str | int] = {"indicators": count, "findings": len(found), "new": added}
    node.store.note(Event("match.indicators", session.user, "indicators", session.purpose, detail))
    return Done(count, tuple(found), added)

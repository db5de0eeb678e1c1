"""What leaves a page as a file on somebody's desk is noted: who, which page, in what form, how many rows."""

from headwater.node.node import Node
from headwater.policy.session import Session
from headwater.ports import Event


def note(node: Node, session: Session, page: str, form: str, rows: int, held: int = 0) -> None:
    """Note an export in the ledger, before it is handed out; `held` rows stayed, since their handling says so."""
    detail: dict[str, str | int] = {"format": form, "rows": rows, **({"held": held} if held else {})}
    node.store.note(Event("page.exported", session.user, page, session.purpose, detail))

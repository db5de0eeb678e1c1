"""What a message that travels says of itself: who sends it, to whom, and why."""

from headwater.errors import Place, SchemaError
from headwater.model.ids import AuthorityId
from headwater.model.message import Message


def sender_of(message: Message) -> AuthorityId:
    """Return who sends a message: each that came in names its sender, for the inbox has compared it with the envelope's.

    Raises:
        SchemaError: it names nobody.
    """
    if message.sender is None:
        raise SchemaError("a message from nobody", where=Place(field="from"))
    return message.sender


def recipient_of(message: Message) -> AuthorityId:
    """Return whom a message goes to.

    Raises:
        SchemaError: it names nobody.
    """
    if message.recipient is None:
        raise SchemaError("a message to nobody", where=Place(field="to"))
    return message.recipient


def purpose_of(message: Message) -> str:
    """Return why a message goes, as the ledger says it; empty where it says nothing."""
    return message.purpose or ""


def agreement_of(message: Message) -> str:
    """Return the name of the agreement that a message goes under; empty where it names none."""
    return message.agreement or ""

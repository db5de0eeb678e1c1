"""What somebody may look for: the known purposes. A session has one, and everything it does is done for that one."""

from types import MappingProxyType
from typing import Final

from headwater.errors import NoBasisError

PURPOSES: Final = MappingProxyType(
    {
        "oic": "prevent, detect and prosecute organised immigration crime: those who organise it, never those moved",
        "trafficking": "prevent, detect and prosecute trafficking in persons",
        "victim-protection": "protect and support a victim or a person who was smuggled",
        "sanctions": "find persons, companies and vehicles that a sanctions list names, and act as the list demands",
        "cyber-defence": "recognise and fend off attacks on information systems",
        "border-safety": "save life and keep crossings safe: rescue before enforcement",
        "firearms": "prevent, detect and prosecute trafficking in firearms",
        "drugs": "prevent, detect and prosecute trafficking in drugs",
        "money-laundering": "follow and take away the money that these crimes earn",
        "court": "prepare and disclose a case to a prosecutor or court",
        "statistics": "publish figures that name nobody",
        "audit": "check that this node was used lawfully",
        "operation": "keep the node itself running: keys, users, settings, back-up",
    }
)
"""Each purpose by its name, with what it is for. An agreement may name further ones; a session may not."""


def known_purpose(name: str) -> str:
    """Return the name of a purpose that this node knows.

    Raises:
        NoBasisError: it knows none of that name.
    """
    if name not in PURPOSES:
        raise NoBasisError("rule purpose: no such purpose", fix=f"use one of {', '.join(PURPOSES)}")
    return name

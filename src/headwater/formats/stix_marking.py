"""Markings of threat intelligence and what they allow here: TLP 2.0, STIX 2.1's own TLP 1, statements, MISP's words.

One code stands for all: of several the strictest. Nothing widens on the way in or out.

============  =====================================================================
CLEAR         anybody, passed on to anybody
GREEN         the community: as `ti` under an agreement, never in a file for anybody
AMBER         those who have it; whoever wants to pass it on asks
AMBER+STRICT  those who have it, and never further
RED           the persons who were named, and never further
============  =====================================================================

Sources: FIRST, Traffic Light Protocol 2.0 (2022); OASIS, STIX 2.1, section 7.2.1.4, and its TLP 2.0 extension (2022);
MISP core format, sections 2.4 and 2.7.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from headwater.errors import Place, SchemaError
from headwater.model.handling import UNRESTRICTED, Handling, join_all

TLP2_EXTENSION: Final = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
TLP2: Final[Mapping[str, str]] = MappingProxyType(
    {
        "CLEAR": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
        "GREEN": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
        "AMBER": "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
        "AMBER+STRICT": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
        "RED": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
    }
)
"""The five marking definitions of TLP 2.0, the least strict first."""
TLP1: Final[Mapping[str, str]] = MappingProxyType(
    {
        "CLEAR": "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9",
        "GREEN": "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da",
        "AMBER": "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82",
        "RED": "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
    }
)
"""The four of STIX 2.1 itself, under the names of TLP 2.0: WHITE is CLEAR."""
LEVELS: Final = tuple(TLP2)
UNMARKED: Final = "AMBER"
"""What bears no marking is for those who have it."""
CODE_OF: Final[Mapping[str, str]] = MappingProxyType(
    {ref: code for table in (TLP2, TLP1) for code, ref in table.items()}
)
HELD: Final = "held: "
"""Beginning of the condition of what waits for a marking or a person."""
_MADE: Final = "2022-10-01T00:00:00.000Z"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a marking definition says: a TLP code, or a condition that a person reads."""

    code: str | None = None
    condition: str | None = None


def tlp(code: str) -> Handling:
    """Return what a TLP code allows.

    Raises:
        SchemaError: there is no such code.
    """
    if code not in LEVELS:
        raise SchemaError("no code of TLP 2.0", where=Place(field="tlp"), fix=f"use one of {', '.join(LEVELS)}")
    return _HANDLING[code]


def _handling(code: str) -> Handling:
    codes = frozenset({f"TLP:{code}"})
    if code == "CLEAR":
        return Handling(releasable_to=UNRESTRICTED.releasable_to, codes=codes)
    strict = code in {"AMBER+STRICT", "RED"}
    return Handling(codes=codes, never_onward=strict, addressees=frozenset() if code == "RED" else None)


_HANDLING: Final[Mapping[str, Handling]] = MappingProxyType({code: _handling(code) for code in LEVELS})


def strictest(codes: Iterable[str]) -> str | None:
    """Return the strictest of some TLP codes, None of none."""
    return max(codes, key=LEVELS.index, default=None)


def code_of(handling: Handling) -> str:
    """Return the TLP code that says no less than a handling: its own strictest, or what its other terms amount to."""
    own = strictest(code.removeprefix("TLP:") for code in handling.codes if code.removeprefix("TLP:") in LEVELS)
    found = [own] if own else [UNMARKED]
    if handling.addressees is not None:
        found.append("RED")
    if handling.never_onward:
        found.append("AMBER+STRICT")
    elif handling.releasable_to is not None and own != "GREEN" and not _came_clear(handling):
        found.append("AMBER")
    return strictest(found) or UNMARKED


def _came_clear(handling: Handling) -> bool:
    """Return whether a handling is that of CLEAR as a message carries it: there a list of states is empty or says no more."""
    others = handling.codes - {"TLP:CLEAR"} or handling.conditions or handling.markings
    return "TLP:CLEAR" in handling.codes and not others and not handling.releasable_to


def held(why: str) -> Handling:
    """Return the handling of what waits: for nobody but whoever brought it, and never further."""
    return Handling(never_onward=True, addressees=frozenset(), conditions=frozenset({f"{HELD}{why}"}))


def is_held(handling: Handling) -> str | None:
    """Return what something waits for, None where it does not."""
    return next((one.removeprefix(HELD) for one in sorted(handling.conditions) if one.startswith(HELD)), None)


def meaning_of(definition: Mapping[str, Any]) -> Meaning:
    """Return what a marking definition says.

    Raises:
        SchemaError: it bears the identifier of a TLP code and says another.
    """
    ref = str(definition.get("id"))
    said: str | None = None
    extensions = definition.get("extensions")
    if isinstance(extensions, dict) and isinstance(extensions.get(TLP2_EXTENSION), dict):
        said = str(extensions[TLP2_EXTENSION].get("tlp_2_0")).upper()
    inside = definition.get("definition")
    if said is None and definition.get("definition_type") == "tlp" and isinstance(inside, dict):
        said = str(inside.get("tlp")).upper().replace("WHITE", "CLEAR")
    if (ref in CODE_OF and said != CODE_OF[ref]) or (said is not None and said not in LEVELS):
        raise SchemaError(f"a marking of TLP that says something else than its identifier ({ref})")
    if said is not None:
        return Meaning(code=said)
    if definition.get("definition_type") == "statement" and isinstance(inside, dict):
        return Meaning(condition=f"statement: {str(inside.get('statement'))[:500]}")
    return Meaning(condition=f"a marking that headwater does not know: {ref}")


def handling_of(refs: Iterable[str], known: Mapping[str, Meaning]) -> Handling:
    """Return what the markings of one thing allow together; without any code of TLP, AMBER.

    Args:
        refs: identifiers of marking definitions.
        known: what those that are not TLP's own mean.

    Returns:
        the handling; that of something held where a marking is not known.
    """
    codes: list[str] = []
    conditions: set[str] = set()
    for ref in refs:
        meaning = Meaning(code=CODE_OF[ref]) if ref in CODE_OF else known.get(ref)
        if meaning is None:
            return held(ref)
        codes += [meaning.code] if meaning.code else []
        conditions |= {meaning.condition} if meaning.condition else set()
    base = tlp(strictest(codes) or UNMARKED)
    if not conditions:
        return base
    return join_all([base, Handling(releasable_to=None, conditions=frozenset(conditions))])


def together(handlings: Iterable[Handling]) -> Handling:
    """Return the join of handlings, with the strictest of their TLP codes alone: of several codes it stands for all."""
    joined = join_all(handlings)
    codes = [code for code in joined.codes if code.removeprefix("TLP:") in LEVELS]
    top = strictest(code.removeprefix("TLP:") for code in codes)
    others = joined.codes - set(codes)
    keep = others | ({f"TLP:{top}"} if top else set())
    return Handling(
        purposes=joined.purposes,
        releasable_to=joined.releasable_to,
        never_onward=joined.never_onward,
        codes=frozenset(keep),
        conditions=joined.conditions,
        addressees=joined.addressees,
        markings=joined.markings,
        retain_until=joined.retain_until,
    )


def definition(code: str) -> dict[str, Any]:
    """Return the marking definition of a TLP 2.0 code, as OASIS publishes it."""
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": TLP2[code],
        "created": _MADE,
        "name": f"TLP:{code}",
        "extensions": {TLP2_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": code.lower()}},
    }


def misp_code(tags: Iterable[str]) -> str | None:
    """Return the strictest code that MISP's ``tlp:`` tags name, None where there is none.

    A tag of that name space that is no code counts as RED: nobody can know how strict it was meant.
    """
    names = [
        tag.strip().lower().removeprefix("tlp:").strip('"') for tag in tags if tag.strip().lower().startswith("tlp:")
    ]
    found = [_MISP_WORDS.get(name, "RED") for name in names]
    return strictest(found)


_MISP_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {code.lower(): code for code in LEVELS} | {"white": "CLEAR", "ex:chr": "AMBER+STRICT", "unclear": "AMBER"}
)
DISTRIBUTION: Final[Mapping[str, str]] = MappingProxyType(
    {"0": "AMBER+STRICT", "1": "AMBER", "2": "AMBER", "3": "GREEN"}
)
"""MISP's levels of distribution: this organisation, this community, connected communities, all communities."""

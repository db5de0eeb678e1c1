"""Every typology by name, one file each. A new one is a new file, an import and a word in this list."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from headwater.engines.trace.typologies import (
    boats_out_of_line,
    bulk_cash,
    bulk_listing,
    corridor_fan_in,
    crypto_cash_out,
    dormant_active,
    engines_apart,
    escrow_after_arrival,
    gather_scatter,
    half_mirror,
    hire_to_border,
    hub_fan_out,
    mirror_transfer,
    misdeclared,
    ownership_chain,
    plate_switching,
    ransom,
    rapid_pass_through,
    scatter_gather,
    shared_identifiers,
    shop_as_broker,
    steady_contact,
    storage_inland,
    structuring,
    supplier_behind_hubs,
    temporal_cycle,
    third_party_travel,
)
from headwater.engines.trace.typology import Typology
from headwater.errors import SettingsError

TYPOLOGIES: Final[Mapping[str, Typology]] = MappingProxyType(
    {
        module.TYPOLOGY.name: module.TYPOLOGY
        for module in (
            corridor_fan_in,
            hub_fan_out,
            gather_scatter,
            scatter_gather,
            temporal_cycle,
            structuring,
            rapid_pass_through,
            dormant_active,
            mirror_transfer,
            half_mirror,
            third_party_travel,
            crypto_cash_out,
            escrow_after_arrival,
            shop_as_broker,
            ransom,
            supplier_behind_hubs,
            boats_out_of_line,
            engines_apart,
            misdeclared,
            bulk_cash,
            bulk_listing,
            hire_to_border,
            storage_inland,
            plate_switching,
            shared_identifiers,
            steady_contact,
            ownership_chain,
        )
    }
)
"""All typologies, in the order in which they are run."""


def typology(name: str) -> Typology:
    """Return a typology.

    Raises:
        SettingsError: there is none of that name.
    """
    if name not in TYPOLOGIES:
        raise SettingsError("no such typology", where=name, fix=f"use one of {', '.join(TYPOLOGIES)}")
    return TYPOLOGIES[name]

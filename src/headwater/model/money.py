"""Money: currencies by their ISO 4217 code and how many decimals their minor unit has; crypto assets kept apart.

Amounts are integers in minor units everywhere inside: 12.34 EUR is 1234, 500 JPY is 500.
Source: ISO 4217 currency list, edition of 2025 (funds codes and metals left out); each asset's own protocol for crypto.
"""

import re
from decimal import Decimal
from typing import Final

from headwater.errors import Place, SchemaError

_TWO: Final = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE
CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW
KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK
PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS
UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG HRK
"""
_NONE: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE: Final = "BHD IQD JOD KWD LYD OMR TND"

CURRENCIES: Final = {
    **dict.fromkeys(_TWO.split(), 2),
    **dict.fromkeys(_NONE.split(), 0),
    **dict.fromkeys(_THREE.split(), 3),
}
"""Decimals of the minor unit by ISO 4217 code; HRK, which Croatia gave up in 2023, still stands in older statements."""

ASSETS: Final = {"BTC": 8, "ETH": 9, "LTC": 8, "TRX": 6, "USDC": 6, "USDT": 6, "XMR": 12, "XRP": 6}
"""Decimals of the unit in which an amount of a crypto asset is kept; of ether that is the gwei, as wei leave 64 bits."""

MOST_MINOR: Final = 2**62
"""Largest amount in minor units: two of them add up within 64 bits."""

_PLAIN: Final = re.compile(r"[0-9]{1,19}(\.[0-9]{1,18})?", re.ASCII)


def decimals(unit: str) -> int:
    """Return how many decimals the minor unit of a currency or asset has.

    Raises:
        SchemaError: headwater knows no such currency or asset.
    """
    found = CURRENCIES.get(unit, ASSETS.get(unit))
    if found is None:
        raise SchemaError("no such currency", where=Place(field="currency"), fix="use an ISO 4217 code, as in EUR")
    return found


def minor_units(text: str, unit: str, *, where: Place) -> int:
    """Return a decimal amount in minor units.

    Args:
        text: digits with a point, as ISO 20022 and FollowTheMoney write amounts.
        unit: the currency or asset.
        where: the place, for errors.

    Raises:
        SchemaError: no such amount, zero or less, or finer than the minor unit.
    """
    if not _PLAIN.fullmatch(text):
        raise SchemaError("not an amount above zero", where=where, fix="write it as 1234.50")
    places = decimals(unit)
    whole, _, part = text.partition(".")
    part = part.rstrip("0")
    if len(part) > places:
        raise SchemaError("an amount finer than the currency's minor unit", where=where)
    amount = int(whole + part.ljust(places, "0"))
    if not 0 < amount < MOST_MINOR:
        raise SchemaError("not an amount above zero, or beyond what is kept", where=where)
    return amount


def money_text(minor: int, unit: str) -> str:
    """Return an amount as a person reads it: ``1,234.50 EUR``."""
    places = CURRENCIES.get(unit, ASSETS.get(unit, 0))
    return f"{Decimal(minor).scaleb(-places):,.{places}f} {unit}"

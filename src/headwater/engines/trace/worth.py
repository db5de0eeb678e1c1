"""What an amount is about worth, so that a threshold means the same in dinars as in euros; never for a sum or a rate.

A typology's amounts are given in cents of a euro. Where a user reads dated rates, amounts are compared at those; this is for
tables without, and for a base currency that is not near the euro. A threshold need not be exact: one or two digits do.

Source of the rates: European Central Bank, euro foreign exchange reference rates, and central banks' own for the rest, middle
of 2025, rounded to two digits. Currencies within a factor of two of the euro count as one.
"""

from types import MappingProxyType
from typing import Any, Final

from headwater.model.money import decimals

MOST: Final = 4.0e18
_EURO_BUYS: Final = MappingProxyType(
    {
        "AED": 4.2, "AFN": 81, "ALL": 98, "AMD": 450, "AZN": 2.0, "BAM": 2.0, "BDT": 140, "BGN": 2.0, "BYN": 3.8, "CNY": 8.3,
        "CZK": 25, "DKK": 7.5, "DZD": 150, "EGP": 58, "ERN": 17, "ETB": 155, "GEL": 3.1, "HUF": 400, "INR": 99, "IQD": 1500,
        "IRR": 48000, "ISK": 143, "JOD": 0.82, "JPY": 169, "KES": 150, "KRW": 1600, "KWD": 0.35, "LBP": 104000, "LKR": 350,
        "LYD": 6.3, "MAD": 10.5, "MDL": 19.8, "MKD": 61.5, "NGN": 1800, "NOK": 11.8, "NPR": 160, "PHP": 66, "PKR": 330, "PLN": 4.25,
        "QAR": 4.2, "RON": 5.05, "RSD": 117, "RUB": 92, "SAR": 4.3, "SDG": 700, "SEK": 11.1, "SOS": 660, "SYP": 15000, "THB": 38,
        "TND": 3.4, "TRY": 46, "UAH": 48, "VND": 30500, "XAF": 656, "XOF": 656,
        "BTC": 0.000011, "ETH": 0.00045, "LTC": 0.013, "TRX": 4.2, "USDC": 1.15, "USDT": 1.15, "XMR": 0.0035, "XRP": 0.5,
    }
)  # fmt: skip
"""Units of each currency that one euro buys, about."""


def worth(value: Any, unit: Any) -> Any:  # noqa: ANN401 - Ibis expressions
    """Return an amount in about cents of a euro.

    Args:
        value: minor units.
        unit: their currency.
    """
    import ibis

    cents = {code: 100.0 / (10 ** decimals(code) * rate) for code, rate in _EURO_BUYS.items()}
    # Nearly every amount is in euros, or counts as such: those are known by one look into a set, and run through no cases.
    factor = ibis.cases(*((unit == code, each) for code, each in cents.items()), else_=0.0)
    near = ibis.least((value.cast("float64") * factor).floor(), MOST).cast("int64")
    return ibis.ifelse(unit.isin(tuple(cents)), near, value)

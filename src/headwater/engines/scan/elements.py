"""Mass attenuation coefficients of the elements that scans meet, process by process.

Facts from NIST XCOM (Standard Reference Database 8; M. J. Berger, J. H. Hubbell and others), in `data/elements.csv`. Energies in
MeV, coefficients in cm²/g: coherent, incoherent, photoelectric, pair production in the field of the nucleus and of the
electrons. An absorption edge is two energies that lie next to each other.
"""

import csv
from collections.abc import Mapping
from functools import cache

from headwater.model.packaged import packaged

Row = tuple[float, ...]


@cache
def elements() -> Mapping[str, tuple[float, tuple[Row, ...]]]:
    """Return symbol to atomic weight, g/mol, and rows of energy and five coefficients."""
    weights: dict[str, float] = {}
    rows: dict[str, list[Row]] = {}
    for line in csv.DictReader(packaged("headwater.engines.scan", "data", "elements.csv").decode("ascii").splitlines()):
        symbol, weight, *row = line.values()
        weights[symbol] = float(weight)
        rows.setdefault(symbol, []).append(tuple(map(float, row)))
    return {symbol: (weight, tuple(rows[symbol])) for symbol, weight in weights.items()}

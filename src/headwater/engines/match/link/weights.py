"""How often each level comes among pairs that are one thing (m) and among pairs that are not (u).

Counted by `bench/fit_linking.py` on generated records of three states (the fitting seed; `bench/bench_linking.py` reports
on another), and drawn by hand towards less certainty: a generator's records are cleaner than life. What a generator cannot
tell is set by hand: u of numbers, plates and telephones, which are drawn from millions, and all of vessels.

Three levels are no shares of anything but corrections. Family name, birth date, address and telephone are weighed as if
each came about on its own; among relatives they do not. ``twin`` takes back what name and date say too much where the
given names differ, and ``household`` what an address or a telephone says too much where the family name is the same.
Their weights were chosen on the fitting seed.
"""

from collections.abc import Mapping
from typing import Final

from headwater.engines.match.link.units import Sort

LEAST_FREQUENCY: Final = {"title": 2.0**-16}
RARE: Final = 2.0**-13
"""No value counts as rarer than this, firms' names than that: a word that nobody else bears is often a slip."""
KNOWN: Final = 1024
"""Records that the general knowledge of how common values are stands for, beside those that are linked."""

CHANCES: Final[Mapping[Sort, Mapping[str, Mapping[str, tuple[float, float]]]]] = {
    Sort.PERSON: {
        "family": {
            "same": (0.74, 0.0012),
            "turned": (0.05, 1e-05),
            "near": (0.09, 0.005),
            "among": (0.05, 0.0022),
            "other": (0.07, 0.99),
        },
        "given": {
            "same": (0.78, 0.018),
            "turned": (0.05, 0.05),
            "near": (0.075, 0.002),
            "among": (0.045, 0.0035),
            "initial": (0.03, 0.003),
            "twin": (1e-06, 0.004),
            "unlike": (0.002, 0.27),
            "other": (0.018, 0.7),
        },
        "birth": {
            "equal": (0.69, 5e-05),
            "turned": (0.04, 7e-05),
            "digit": (0.1, 0.0012),
            "year": (0.14, 0.0024),
            "near": (0.015, 0.015),
            "year-one": (0.01, 0.035),
            "other": (0.002, 0.95),
        },
        "numbers": {
            "equal": (0.43, 1e-06),
            "optical": (0.04, 1e-06),
            "typing": (0.015, 1e-06),
            "contradicted": (0.005, 0.11),
            "other": (0.51, 0.89),
        },
        "contacts": {"household": (0.64, 0.005), "equal": (0.06, 5e-05), "other": (0.3, 0.995)},
        "address": {"household": (0.5, 0.04), "same": (0.1, 0.0002), "near": (0.05, 0.0002), "other": (0.35, 0.96)},
        "place": {"same": (0.95, 0.14), "other": (0.05, 0.86)},
        "father": {"same": (0.95, 0.034), "other": (0.05, 0.97)},
        "gender": {"same": (0.99, 0.54), "other": (0.01, 0.46)},
    },
    Sort.ORGANISATION: {
        "title": {
            "same": (0.54, 2e-05),
            "near": (0.17, 3e-05),
            "core": (0.15, 0.00015),
            "among": (0.08, 0.001),
            "kin": (0.02, 0.0033),
            "other": (0.04, 0.99),
        },
        "numbers": {
            "equal": (0.85, 1e-06),
            "optical": (0.05, 1e-06),
            "typing": (0.045, 1e-06),
            "contradicted": (0.01, 0.33),
            "other": (0.045, 0.67),
        },
        "contacts": {"equal": (0.8, 5e-05), "other": (0.2, 1.0)},
        "address": {"same": (0.75, 0.0003), "near": (0.05, 0.0001), "other": (0.2, 1.0)},
    },
    Sort.VEHICLE: {
        "plates": {"equal": (0.88, 1e-05), "optical": (0.06, 1e-05), "other": (0.06, 1.0)},
        "numbers": {
            "equal": (0.85, 1e-06),
            "optical": (0.1, 1e-06),
            "typing": (0.02, 1e-06),
            "contradicted": (0.01, 0.33),
            "other": (0.02, 0.67),
        },
        "make": {"same": (0.9, 0.2), "other": (0.1, 0.8)},
        "built": {"same": (0.9, 0.05), "other": (0.1, 0.95)},
    },
    Sort.VESSEL: {
        "title": {"same": (0.8, 0.001), "near": (0.1, 0.001), "other": (0.1, 0.998)},
        "numbers": {
            "equal": (0.93, 0.00001),
            "optical": (0.03, 0.00001),
            "typing": (0.02, 0.00002),
            "contradicted": (0.01, 0.5),
            "other": (0.01, 0.5),
        },
        "calls": {"equal": (0.85, 0.00005), "other": (0.15, 0.99995)},
        "built": {"same": (0.9, 0.03), "other": (0.1, 0.97)},
    },
}

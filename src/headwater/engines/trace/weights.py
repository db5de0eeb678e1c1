"""Weights of the signs and of each typology, log-odds. Written by `bench/fit_trace.py`; not by hand."""

from typing import Final

BASES: Final[dict[str, float]] = {}
WEIGHTS: Final[dict[str, float]] = {}

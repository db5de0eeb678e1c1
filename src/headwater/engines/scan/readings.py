"""Other sensors' answers about the same vehicle, weighed by what they are known to miss and to cry out at.

They never move the image's threshold: its promise is of images alone. They stand beside an alarm as reasons for or against, and
answers that speak strongly for a person raise a rescue alarm of their own.
"""

import math
from collections.abc import Sequence
from typing import Final

from headwater.model.scan import Reading, ReadingKind

SPEAKS_OF: Final = {
    "person": frozenset({ReadingKind.CO2, ReadingKind.VIBRATION, ReadingKind.DOG}),
    "drugs": frozenset({ReadingKind.DOG, ReadingKind.DENSITY}),
    "weapon": frozenset({ReadingKind.DENSITY}),
}
"""Which answers bear on which class. Radiation bears on none of them: it is told by itself."""
RESCUE_ODDS: Final = 20.0
"""Likelihood ratio from which answers alone call for a look for persons."""
NAMES: Final = {
    ReadingKind.CO2: "carbon dioxide", ReadingKind.VIBRATION: "heartbeat or movement", ReadingKind.DOG: "the dog",
    ReadingKind.DENSITY: "the density meter", ReadingKind.RADIATION: "radiation",
}  # fmt: skip


def log_ratio(reading: Reading) -> float:
    """Return the logarithm of the likelihood ratio of one answer."""
    if reading.alarm:
        return math.log(reading.p_d / reading.p_fa)
    return math.log((1.0 - reading.p_d) / (1.0 - reading.p_fa))


def weighed(readings: Sequence[Reading], name: str) -> tuple[float, list[str], list[str]]:
    """Return the log-odds that readings add for a class, and their sentences for and against."""
    total, pro, contra = 0.0, list[str](), list[str]()
    for one in readings:
        if one.kind not in SPEAKS_OF.get(name, frozenset()):
            continue
        value = log_ratio(one)
        total += value
        ratio = math.exp(abs(value))
        answered = "answered" if one.alarm else "did not answer"
        (pro if value > 0 else contra).append(
            f"{NAMES[one.kind]} {answered}: {ratio:.1f} times as likely {'with' if value > 0 else 'without'} {_what(name)}"
        )
    return total, pro, contra


def calls_for_rescue(readings: Sequence[Reading]) -> bool:
    """Return whether readings alone speak strongly enough for a person."""
    return weighed(readings, "person")[0] >= math.log(RESCUE_ODDS)


def _what(name: str) -> str:
    return {"person": "a person", "drugs": "hidden goods", "weapon": "hidden metal"}[name]

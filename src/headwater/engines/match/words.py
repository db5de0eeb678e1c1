"""Words in names of persons and ships that say little: particles, titles, ranks; those of firms stand in `business_words`."""

import re
from typing import Final


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


PARTICLES: Final = _set(
    "al el ul ad as ash az ar an at ed es bin ben ibn bint bini b abu abou aboo abi abul aboul abol umm um ould wuld haj "
    "van von der den ter ten de da di du del della des do dos la le lo las los y e i of the and und et zu zur "
    "mac san santa st saint"
)
"""Parts that join names: dropped, added and respelled freely, so their presence or absence says almost nothing."""

TITLES: Final = _set(
    "mr mrs ms miss dr prof professor sir lord lady dame madam monsieur madame mme mlle herr frau senor senora don dona "
    "president prasident presidente minister general gen colonel col major maj captain capt lieutenant lt sergeant sgt "
    "brigadier commander commandant cmdr admiral marshal chief "
    "sheikh shaikh shaykh shekh cheikh seikh sheik mullah mulla maulavi mawlawi maulawi maulana mawlana mufti qari hafiz hafez "
    "haji hajji hadji hadzi hadj hajj alhaj alhaji ayatollah hojjatoleslam sayyid sayed sayyed syed seyed sayid "
    "imam ustad ustaz ustadh engineer eng ing mag dipl gospodin gospoda zoti zonja bay bey pasha effendi agha jr sr ii "
    "iii iv phd md esq"
)
"""Titles, ranks and honorifics."""

ARABIC_TITLES: Final = dict.fromkeys(
    _set(
        "سيد السيد سید شيخ الشيخ شیخ حاج الحاج حاجي حاجی ملا مولوي مولوی مولانا آغا آقا دكتور الدكتور دکتر قاري قاری مهندس المهندس مفتي "
        "حافظ امام الإمام الامام ابو أبو ابي أبي ام أم بن ابن إبن بنت ولد آل بنی بني"
    ),
    "sheikh",
)
"""Titles, honorifics and particles in Arabic script, each for one Latin title."""
ARABIC_SMALL: Final = frozenset({"sheikh", "al"})
"""What of a name in Arabic script is left out, as `ARABIC_TITLES` and the table of letters spell it."""

_VESSEL_PREFIX: Final = re.compile(r"^(?:m/?[vt]|s/?[sv]|f/?v)\s+")


def without_vessel_prefix(text: str) -> str:
    """Return a ship's name without MV, MT, SS and the like."""
    return _VESSEL_PREFIX.sub("", text)


def is_vessel_prefix(word: str) -> bool:
    """Return whether a word stands before a ship's name."""
    return _VESSEL_PREFIX.match(f"{word} ") is not None

"""Write the table of Mandarin readings that names in Chinese characters are read by, from a package that knows them.

    python -m venv readings && readings/bin/pip install pypinyin==0.55.0
    readings/bin/python tools/chinese.py

pypinyin (MIT) tells the readings of the Unicode Han Database (Unicode Standard Annex 38), the commonest first; tones and
other readings are left out, ü is u as in passports before 2012. Kept are the characters of GB 2312 (mainland, 1980), the common ones
of Big5 (Taiwan, 1984), and some that names on the mainland have taken up since.
"""

import unicodedata
from pathlib import Path
from typing import Final

from pypinyin.pinyin_dict import pinyin_dict  # type: ignore[import-not-found]  # lives in an environment of its own

FIRST: Final = 0x4E00
LAST: Final = 0x9FA5
A_LINE: Final = 32
LAST_COMMON: Final = b"\xc6\x7e"
"""Where the common characters of Big5 end; the rare ones, ordered by strokes, stand behind."""
LATER: Final = "镕祎琎璟玥珺翀昇喆堃邨旻昉晟垚犇骉鑫淼焱頔媗嫄婳璐珮祺祯禛铖锴钰钜镔骞颢"
OUT: Final = Path(__file__).resolve().parent.parent / "src/headwater/engines/match/data/chinese.txt"


def reading(code: int) -> str:
    """Return the commonest reading of a character without its tone, nothing for those that are left out."""
    letter = chr(code)
    common = letter in LATER or _coded(letter, "gb2312") or b"" < _coded(letter, "big5") <= LAST_COMMON
    if code not in pinyin_dict or not common:
        return ""
    spelled = unicodedata.normalize("NFKD", pinyin_dict[code].partition(",")[0])
    return "".join(one for one in spelled if not unicodedata.combining(one))


def _coded(letter: str, coding: str) -> bytes:
    """Return a character in a coding, nothing where it has none."""
    try:
        return letter.encode(coding)
    except UnicodeEncodeError:
        return b""


def main() -> None:
    """Write the table: the readings in the order of Unicode, so many a line."""
    lines = (
        ",".join(map(reading, range(code, min(code + A_LINE, LAST + 1)))) for code in range(FIRST, LAST + 1, A_LINE)
    )
    OUT.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()

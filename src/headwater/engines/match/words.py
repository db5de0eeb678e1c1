"""Words in names that say little: particles, titles, ranks, legal forms; and numbers, which say the same in two ways."""

import re
from functools import lru_cache
from typing import Final


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


PARTICLES: Final = _set(
    "al el ul ad as ash az ar an at ed es bin ben ibn bint bini b abu abou aboo abi umm um ould wuld haj "
    "van von der den ter ten de da di du del della des do dos la le lo las los y e i of the and und et zu zur "
    "mac san santa st saint"
)
"""Parts that join names: dropped, added and respelled freely, so their presence or absence says almost nothing."""

JOINING: Final = _set("of the and & for de du des et und y e i al el")
"""Words that join the name of an organisation."""

TITLES: Final = _set(
    "mr mrs ms miss dr prof professor sir lord lady dame madam monsieur madame mme mlle herr frau senor senora don dona "
    "president prasident presidente minister general gen colonel col major maj captain capt lieutenant lt sergeant sgt "
    "brigadier commander commandant cmdr admiral marshal chief "
    "sheikh shaikh shaykh cheikh seikh sheik mullah mulla maulavi mawlawi maulawi maulana mawlana mufti qari hafiz hafez "
    "haji hajji hadji hadzi hadj hajj alhaj alhaji ayatollah hojjatoleslam sayyid sayed sayyed syed seyed sayid "
    "imam ustad ustaz ustadh engineer eng ing mag dipl gospodin gospoda zoti zonja bay bey pasha effendi agha jr sr ii "
    "iii iv phd md esq"
)
"""Titles, ranks and honorifics."""

ARABIC_TITLES: Final = dict.fromkeys(
    _set(
        "سيد السيد سید شيخ الشيخ شیخ حاج الحاج حاجي حاجی ملا مولوي مولوی مولانا آغا آقا دكتور الدكتور دکتر قاري قاری مهندس المهندس مفتي "
        "حافظ امام الإمام الامام ابو أبو ابي أبي ام أم"
    ),
    "sheikh",
)
"""Titles, honorifics and particles in Arabic script, each for one Latin title."""

_FORMS: Final = {
    "llc": "llc|l l c|ltd|limited|limited liability company|ooo|o o o|doo|d o o|gmbh|g m b h|sarl|s a r l|srl|s r l|"
    "spolka z ograniczona odpowiedzialnoscia|sp z o o|sp zoo|shpk|sh p k|eood|ood|dooel|kft|"
    "obshchestvo s ogranichennoi otvetstvennostiu|obshchestvo s ogranichennoy otvetstvennostyu|tov|"
    "societatea cu raspundere limitata|pty ltd|pty limited|co ltd|co limited|company limited|private limited|pvt ltd",
    "jsc": "jsc|j s c|ojsc|cjsc|pjsc|joint stock company|open joint stock company|closed joint stock company|"
    "public joint stock company|oao|zao|pao|ao|aktsionernoe obshchestvo|aktsionernoye obshchestvo|ad|a d|dd|d d|"
    "sh a|sha|ag|a g|aktiengesellschaft|sa|s a|spa|s p a|plc|p l c|as|a s|nv|n v|ab|oyj|se|"
    "inc|incorporated|corp|corporation|na|n a",
    "company": "company|co|cie|compagnie|companhia|compania|firma",
    "group": "group|grupa|gruppa|gruppe|groupe|grupo|holding|holdings",
}
_FORM_OF: Final = {form: code for code, forms in _FORMS.items() for form in forms.split("|")}
_LONGEST_FORM: Final = max(len(form.split()) for form in _FORM_OF)
FORMS: Final = frozenset(f"{code}." for code in _FORMS)
"""What a legal form becomes: a code with a full stop, which no word of a name has."""

COMMON_BUSINESS_WORDS: Final = _set(
    "international trading trade import export general industries industrial industry services service enterprise "
    "enterprises bank banco foundation organization organisation association institute center centre shipping marine "
    "aviation airlines air oil gas petroleum energy investment investments finance financial development technology "
    "technologies systems engineering construction management transport logistics travel exchange economic national "
    "state ministry office bureau company union society trust fund committee council front movement party army "
    "brigade university research global world"
)
"""Words that many organisations share."""

_COUNTED: Final = (
    "zero|one first 1st|two second 2nd|three third 3rd|four fourth 4th|five fifth 5th|six sixth 6th|"
    "seven seventh 7th|eight eighth 8th|nine ninth 9th|ten tenth 10th"
)
_NUMBERS: Final = {word: str(number) for number, said in enumerate(_COUNTED.split("|")) for word in said.split()}
_ABBREVIATIONS: Final = {
    "intl": "international",
    "int'l": "international",
    "bros": "brothers",
    "&": "and",
    "govt": "government",
}
_IN_TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety"
_TENS: Final = {word: tens for tens, word in enumerate(_IN_TENS.split(), 2)}
_VESSEL_PREFIX: Final = re.compile(r"^(?:m/?[vt]|s/?[sv]|f/?v)\s+")


def legal_forms(words: list[str]) -> list[str]:
    """Return the words of an organisation's name with every legal form, of any length, as one code.

    A slip in a long word of a legal form, or its end cut off, does not make it another word.
    """
    words = [_form_word(word) for word in words]
    out: list[str] = []
    at = 0
    while at < len(words):
        for length in range(min(_LONGEST_FORM, len(words) - at), 0, -1):
            code = _FORM_OF.get(" ".join(words[at : at + length]))
            if code and (length > 1 or len(words) > 1):
                out.append(f"{code}.")
                at += length
                break
        else:
            out.append(words[at])
            at += 1
    return out


_LONG_FORM_WORD: Final = 7
_FORM_WORDS: Final = frozenset(word for form in _FORM_OF for word in form.split() if len(word) >= _LONG_FORM_WORD)


@lru_cache(maxsize=1 << 14)
def _form_word(word: str) -> str:
    """Return the word of a legal form that a long word is but for one letter, else the word itself."""
    if len(word) < _LONG_FORM_WORD - 1 or word in _FORM_WORDS:
        return word
    return next((form for form in sorted(_FORM_WORDS) if _one_letter_apart(word, form)), word)


def _one_letter_apart(word: str, form: str) -> bool:
    if abs(len(word) - len(form)) > 1 or word[0] != form[0]:
        return False
    at = next((at for at, (a, b) in enumerate(zip(word, form, strict=False)) if a != b), min(len(word), len(form)))
    rests = {(word[at + 1 :], form[at + 1 :]), (word[at + 1 :], form[at:]), (word[at:], form[at + 1 :])}
    return any(one == other for one, other in rests)


def plain_numbers(words: list[str]) -> list[str]:
    """Return the words with numbers in figures and trade abbreviations in full."""
    out: list[str] = []
    for word in words:
        figure = _NUMBERS.get(word, _ABBREVIATIONS.get(word, word))
        tens = _TENS.get(out[-1]) if out else None
        if tens is not None and len(figure) == 1 and figure.isdigit():
            out[-1] = f"{tens}{figure}"
        else:
            out.append(figure)
    return out


def without_vessel_prefix(text: str) -> str:
    """Return a ship's name without MV, MT, SS and the like."""
    return _VESSEL_PREFIX.sub("", text)

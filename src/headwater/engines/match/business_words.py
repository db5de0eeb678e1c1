"""Words in names of organisations: legal forms, numbers, and what firms and offices do, each brought to one spelling.

A firm is listed by its own name and by its translation: "Заречный завод", "Zarechny Plant". Words of trade and office are
brought to one English word; what names the firm alone is left as it is. General knowledge of the languages; no list was used.
"""

import re
from functools import lru_cache
from typing import Final


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


JOINING: Final = _set("of the and & for de du des et und y e i al el za per dhe ve va")
"""Words that join the name of an organisation."""
_FORMS: Final = {
    "llc": "llc|l l c|ltd|limited|limited liability company|ooo|o o o|doo|d o o|gmbh|g m b h|sarl|s a r l|srl|s r l|"
    "spolka z ograniczona odpowiedzialnoscia|sp z o o|sp zoo|shpk|sh pk|sh p k|eood|ood|dooel|kft|bv|b v|oy|sas|ltda|sia|uab|"
    "obshchestvo s ogranichennoi otvetstvennostiu|obshchestvo s ogranichennoy otvetstvennostyu|tov|"
    "tovarystvo z obmezhenoiu vidpovidalnistiu|tovarystvo z obmezhenoyu vidpovidalnistyu|"
    "drustvo s ogranicenom odgovornoscu|drustvo sa ogranicenom odgovornoscu|drustvo s ogranicenom odgovornosti|"
    "drushtvo so ogranichena odgovornost|drustvo so ogranicena odgovornost|druzhestvo s ogranichena otgovornost|"
    "shoqeri me pergjegjesi te kufizuar|gesellschaft mit beschrankter haftung|societe a responsabilite limitee|"
    "sociedad de responsabilidad limitada|limited sirketi|ltd sirketi|ltd sti|limited sti|limitet sirketi|"
    "societatea cu raspundere limitata|pty ltd|pty limited|co ltd|co limited|company limited|private limited|private limited company|"
    "pte ltd|pte limited|pvt ltd|pvt limited|sdn bhd|fze|fzc|fzco|fz llc|fz co",
    "jsc": "jsc|j s c|ojsc|cjsc|pjsc|joint stock company|open joint stock company|closed joint stock company|"
    "public joint stock company|oao|zao|pao|ao|aktsionernoe obshchestvo|aktsionernoye obshchestvo|pat|prat|"
    "publichnoe aktsionernoe obshchestvo|otkrytoe aktsionernoe obshchestvo|zakrytoe aktsionernoe obshchestvo|"
    "publichnoye aktsionernoye obshchestvo|otkrytoye aktsionernoye obshchestvo|zakrytoye aktsionernoye obshchestvo|"
    "aktsionerne tovarystvo|akcionarsko drustvo|aktsionersko druzhestvo|deonicko drustvo|ad|a d|dd|d d|"
    "shoqeri aksionare|anonim sirketi|anonim sti|societe anonyme|sociedad anonima|societa per azioni|public limited company|"
    "sh a|sha|ag|a g|aktiengesellschaft|sa|s a|spa|s p a|plc|p l c|as|a s|nv|n v|ab|oyj|se|bhd|"
    "inc|incorporated|corp|corporation|na|n a",
    "lp": "lp|l p|llp|l l p|limited partnership|limited liability partnership|kg|k g|kd|kommanditgesellschaft|gmbh co kg|"
    "gmbh und co kg|gmbh and co kg|komanditno drustvo",
    "unitary": "fgup|gup|fsue|federal state unitary enterprise|federalnoe gosudarstvennoe unitarnoe predpriiatie|"
    "federalnoe gosudarstvennoe unitarnoe predpriyatie|unitary enterprise",
    "company": "company|co|cie|compagnie|companhia|compania|firma|kompania|kompaniia|kompaniya|kompanija|kompani|sirket|sirketi|"
    "sherkat|shoqeria|preduzece|poduzece|predpriiatie|predpriyatie|srka|srkt",
    "group": "group|grupa|gruppa|gruppe|groupe|grupo|holding|holdings",
}
_FORM_OF: Final = {form: code for code, forms in _FORMS.items() for form in forms.split("|")}
_LONGEST_FORM: Final = max(len(form.split()) for form in _FORM_OF)
FORMS: Final = frozenset(f"{code}." for code in _FORMS)
"""What a legal form becomes: a code with a full stop, which no word of a name has."""
ANY_FIRM: Final = frozenset({"company.", "group."})
"""Forms that say no more than that it is a firm, and so are at odds with no other: a corporation is a company."""

COMMON_BUSINESS_WORDS: Final = _set(
    "international trading trade import export general industries industrial industry services service enterprise "
    "enterprises bank banco foundation organization organisation association institute center centre shipping marine "
    "aviation airlines air oil gas petroleum energy investment investments finance financial development technology "
    "technologies systems engineering construction management transport logistics travel exchange economic national "
    "state ministry office bureau company union society trust fund committee council front movement party army "
    "brigade university research global world plant factory scientific production association machine building instrument making "
    "agency federal republic europe european asia asian africa african america american eurasia eurasian"
)
"""Words that many organisations share."""


_TRANSLATED: Final = """
plant=zavod* works|factory=fabrik* fabryk*|combine=kombinat*|institute=institut*|university=universit* univerzitet*|center=centre tsentr* \
centar qendra merkez* centr|bank=banka banku banque bankas*|ministry=ministerst* ministarst* ministri* minister* vzart wzara wzart|\
defence=defense oboron* odbran* mbrojtj* savunma* dfa|interior=vnutrennikh unutrasnjih unutrashnih|security=bezopasn* bezbedn* siguri* guvenlik*|\
police=policia policij* politsi* polizei|service=services sluzhb* sluzb* sherbim*|agency=agentstv* agencij* agjenci* agence|\
federal=federaln* federale*|state=gosudarstven* drzavn* derzhavn* shteteror* devlet*|republic=respublik* republik*|\
national=natsional* nacional* milli wtny|international=mezhdunarodn* medunarodn* nderkombetar* uluslararasi beynelmilel dwly|\
scientific=nauchn* naucn* naukov* research issledovatel* istrazivack*|production=proizvodstv* proizvodn* vyrobnych*|\
association=obedinen* obyedinen* obieedinen* udruzen* shoqata dernegi|trading=torgov* trgovin* trgovsk* tregti* ticaret* tjara lltjara bazrgany|\
trade=torgovl*|transport=transportn* nakliyat* nql|shipping=sudokhodn* brodarsk* denizcilik* kstyrany|shipbuilding=sudostroitel* brodogradilist*|\
machine building=mashinostroitel* masinogradn*|instrument making=priborostroitel*|aviation=aviatsi* avijacij* havacilik*|oil=neft* naft* petrol|\
gas=gazov* gazi|metallurgical=metallurgichesk* metalursk*|chemical=khimichesk* hemijsk*|construction=stroitel* gradevinsk* ndertim* insaat*|\
technologies=tekhnolog* tehnolog* teknoloji*|technical=tekhnichesk* tehnick*|industry=promyshlenn* industrij* sanayi* snaa|\
group=gruppa grupa|foundation=fond fondatsiia fondacija fondacioni vakfi|insurance=strakhov* osiguranj* sigorta*|\
design bureau=okb kb|scientific institute=nii|scientific production association=npo|scientific production enterprise=npp
"""
"""One English word or two, and what stands for it elsewhere, in Latin spelling without diacritics; a star for any ending."""
_EXACT: Final[dict[str, tuple[str, ...]]] = {}
_STEMS: Final[dict[str, tuple[str, ...]]] = {}
for _line in _TRANSLATED.strip().split("|"):
    _english, _, _foreign = _line.partition("=")
    for _word in _foreign.split():
        (_STEMS if _word.endswith("*") else _EXACT)[_word.rstrip("*")] = tuple(_english.split())
_LEAST_STEM: Final = min(map(len, _STEMS))
_LONGEST_STEM: Final = max(map(len, _STEMS))
_PLACE: Final = re.compile(r"(?<=\w{4})(?:sk(?:ii|iy|ij|yi|yy|y|i|a|o|oe|oye|aia|aya|og)|[cč]ki|chki)$")
"""The ending that makes an adjective of a place's name: Muromskii, of Murom."""
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
_ROMAN: Final = {
    roman: str(at)
    for at, roman in enumerate(
        ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv"], 1
    )
}
_ORDINAL: Final = re.compile(r"(\d+)(?:st|nd|rd|th)")


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
_ANY_FORM_WORD: Final = frozenset(word for form in _FORM_OF for word in form.split())
_FORM_WORDS: Final = frozenset(word for word in _ANY_FORM_WORD if len(word) >= _LONG_FORM_WORD)


@lru_cache(maxsize=1 << 14)
def _form_word(word: str) -> str:
    """Return the word of a legal form that a long word is but for one letter, else the word itself."""
    if len(word) < _LONG_FORM_WORD - 1 or word in _ANY_FORM_WORD:
        return word
    return next((form for form in sorted(_FORM_WORDS) if _one_letter_apart(word, form)), word)


def _one_letter_apart(word: str, form: str) -> bool:
    if abs(len(word) - len(form)) > 1 or word[0] != form[0]:
        return False
    at = next((at for at, (a, b) in enumerate(zip(word, form, strict=False)) if a != b), min(len(word), len(form)))
    rests = {(word[at + 1 :], form[at + 1 :]), (word[at + 1 :], form[at:]), (word[at:], form[at + 1 :])}
    return any(one == other for one, other in rests)


def alone(word: str) -> str | None:
    """Return what becomes of a word of an organisation's name, whatever stands beside it; None where that counts.

    A legal form of one word is one beside other words, as long as none of them is of a legal form too; a single letter is
    no number where another word ends the name.
    """
    if (
        (len(word) > 1 and word in _ROMAN)
        or word in _NUMBERS
        or word in _ABBREVIATIONS
        or word in _TENS
        or _ORDINAL.fullmatch(word)
    ):
        return None
    formal = _form_word(word)
    if formal in _ANY_FORM_WORD:
        return f"{_FORM_OF[formal]}." if formal in _FORM_OF else None
    return word if _english_for(word) == (word,) else None


def plain_numbers(words: list[str]) -> list[str]:
    """Return the words with numbers in figures and trade abbreviations in full.

    A Roman figure of one letter counts as one only where it ends the name: Fund I, not I Trading.
    """
    last = max((at for at, word in enumerate(words) if word not in FORMS), default=0)
    out: list[str] = []
    for at, word in enumerate(words):
        roman = _ROMAN.get(word) if at and (len(word) > 1 or at == last) else None
        ordinal = _ORDINAL.fullmatch(word)
        figure = roman or (ordinal.group(1) if ordinal else _NUMBERS.get(word, _ABBREVIATIONS.get(word, word)))
        tens = _TENS.get(out[-1]) if out else None
        if tens is not None and len(figure) == 1 and figure.isdigit():
            out[-1] = f"{tens}{figure}"
        else:
            out.append(figure)
    return out


def in_english(words: list[str]) -> list[str]:
    """Return the words with those of trade and office in English, and without the ending that makes adjectives of places."""
    out: list[str] = []
    foreign = False
    for word in words:
        english = _english_for(word)
        foreign = foreign or english != (word,)
        out.extend(english)
    return [_PLACE.sub("", word) for word in out] if foreign else out


@lru_cache(maxsize=1 << 14)
def _english_for(word: str) -> tuple[str, ...]:
    exact = _EXACT.get(word)
    if exact is not None:
        return exact
    for length in range(min(len(word), _LONGEST_STEM), _LEAST_STEM - 1, -1):
        known = _STEMS.get(word[:length])
        if known is not None:
            return known
    return (word,)

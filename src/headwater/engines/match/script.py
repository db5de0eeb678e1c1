"""Scripts: which one a word is written in, and its Latin spelling by tables of our own, without a network.

The Latin spelling keeps the diacritics that a language has (Serbian ш is š), because `sound` reads more from them than
from stripped letters. Words in scripts without a table stay as they are and meet only the same letters.
"""

import re
import unicodedata
from enum import StrEnum
from typing import Final

from headwater.engines.match.syllabics import is_ethiopic, is_indic


class Script(StrEnum):
    """A script, and for Cyrillic and Arabic the language that its letters give away."""

    LATIN = "Latin"
    SERBIAN = "Serbian Cyrillic"
    MACEDONIAN = "Macedonian Cyrillic"
    RUSSIAN = "Russian Cyrillic"
    UKRAINIAN = "Ukrainian Cyrillic"
    BULGARIAN = "Bulgarian Cyrillic"
    CYRILLIC = "Cyrillic"
    ARABIC = "Arabic script"
    PERSIAN = "Persian script"
    GREEK = "Greek"
    GEORGIAN = "Georgian"
    ARMENIAN = "Armenian"
    HEBREW = "Hebrew"
    KANA = "Japanese kana"
    HANGUL = "Korean Hangul"
    CHINESE = "Chinese characters"
    INDIC = "a script of India"
    ETHIOPIC = "Ethiopic script"
    OTHER = "another script"

    @property
    def cyrillic(self) -> bool:
        """Whether it is Cyrillic, of whatever language."""
        return self.value.endswith("Cyrillic")

    @property
    def syllabic(self) -> bool:
        """Whether its signs are syllables that `syllabics` spells."""
        return self in _SYLLABIC

    @property
    def arabic(self) -> bool:
        """Whether short vowels are left unwritten, as in Arabic script."""
        return self in _UNVOWELLED


_LATIN: Final = Script.LATIN
_SYLLABIC: Final = frozenset({Script.INDIC, Script.ETHIOPIC})
_UNVOWELLED: Final = frozenset({Script.ARABIC, Script.PERSIAN})


def _table(text: str) -> dict[int, str]:
    pairs = (pair.partition("=") for pair in text.split())
    return {ord(letter): latin for letter, _, latin in pairs}


_CYRILLIC: Final = _table(
    "а=a б=b в=v г=g д=d е=e ж=zh з=z и=i й=y к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=kh ц=ts ч=ch ш=sh щ=shch "
    "ъ= ы=y ь= э=e ю=yu я=ya ё=yo ђ=đ ј=j љ=lj њ=nj ћ=ć џ=dž ѓ=gj ќ=kj ѕ=dz і=i ї=yi є=ye ґ=g ў=w ѝ=i ѐ=e "
    "қ=q ғ=gh ү=u ұ=u ң=ng ө=o һ=h ҳ=h ҷ=j ӣ=i ӯ=u ҡ=q ә=a ӏ="
)
_SERBIAN: Final = _CYRILLIC | _table("ж=ž х=h ц=c ч=č ш=š")
_MACEDONIAN: Final = _SERBIAN
_UKRAINIAN: Final = _CYRILLIC | _table("г=h и=y")
_BULGARIAN: Final = _CYRILLIC | _table("щ=sht ъ=a х=h")
_GREEK: Final = _table(
    "α=a β=v γ=g δ=d ε=e ζ=z η=i θ=th ι=i κ=k λ=l μ=m ν=n ξ=x ο=o π=p ρ=r σ=s ς=s τ=t υ=y φ=f χ=ch ψ=ps ω=o"
)
_GEORGIAN: Final = _table(
    "ა=a ბ=b გ=g დ=d ე=e ვ=v ზ=z თ=t ი=i კ=k ლ=l მ=m ნ=n ო=o პ=p ჟ=zh რ=r ს=s ტ=t უ=u ფ=p ქ=k ღ=gh ყ=q შ=sh ჩ=ch ც=ts ძ=dz "
    "წ=ts ჭ=ch ხ=kh ჯ=j ჰ=h"
)
_ARMENIAN: Final = _table(
    "ա=a բ=b գ=g դ=d ե=e զ=z է=e ը=y թ=t ժ=zh ի=i լ=l խ=kh ծ=ts կ=k հ=h ձ=dz ղ=gh ճ=ch մ=m յ=y ն=n շ=sh ո=o չ=ch պ=p ջ=j ռ=r "
    "ս=s վ=v տ=t ր=r ց=ts ւ=v փ=p ք=k օ=o ֆ=f և=ev"
)
# Arabic letters with the Persian, Kurdish, Urdu and Pashto ones. Long vowels are written, short ones are not. ŧ stands for
# what languages read as th, t or s, ƶ for what they read as dh, d or z, and ɨ for a last letter read as a or as i.
_ARABIC: Final = _table(
    "ا=a أ=a إ=i آ=a ٱ=a ب=b پ=p ت=t ث=ŧ ج=j چ=č ح=h خ=x د=d ذ=ƶ ر=r ز=z ژ=ž س=s ش=š ص=s ض=ƶ ط=t ظ=ƶ ع= غ=ğ "
    "ف=f ڤ=v ق=q ك=k ک=k گ=g ل=l ڵ=l م=m ن=n ه=h ہ=h ھ=h ة=a ۃ=a ە=e و=w ۆ=o ۇ=u ی=y ي=y ى=ɨ ێ=e ئ=y ؤ=w ء= ـ= "
    "ټ=t ډ=d ړ=r ڼ=n ښ=š ګ=g څ=c ځ=z ڕ=r ے=e ٹ=t ڈ=d ڑ=r ں=n"
)
# Syllables in Hepburn's spelling; the long mark and the small tsu say nothing that foreign names keep.
_KANA: Final = _table(
    "ア=a イ=i ウ=u エ=e オ=o カ=ka キ=ki ク=ku ケ=ke コ=ko サ=sa シ=shi ス=su セ=se ソ=so タ=ta チ=chi ツ=tsu テ=te ト=to ナ=na ニ=ni "
    "ヌ=nu ネ=ne ノ=no ハ=ha ヒ=hi フ=fu ヘ=he ホ=ho マ=ma ミ=mi ム=mu メ=me モ=mo ヤ=ya ユ=yu ヨ=yo ラ=ra リ=ri ル=ru レ=re ロ=ro ワ=wa "
    "ヲ=o ン=n ガ=ga ギ=gi グ=gu ゲ=ge ゴ=go ザ=za ジ=ji ズ=zu ゼ=ze ゾ=zo ダ=da ヂ=ji ヅ=zu デ=de ド=do バ=ba ビ=bi ブ=bu ベ=be ボ=bo "
    "パ=pa ピ=pi プ=pu ペ=pe ポ=po ヴ=v ァ=a ィ=i ゥ=u ェ=e ォ=o ャ=ya ュ=yu ョ=yo ッ= ー= "
)
_HIRAGANA: Final = {code - 0x60: latin for code, latin in _KANA.items() if ord("ァ") <= code <= ord("ヴ")}
_HEBREW: Final = _table(
    "א=a ב=b ג=g ד=d ה=h ו=v ז=z ח=h ט=t י=y כ=k ך=k ל=l מ=m ם=m נ=n ן=n ס=s ע=a פ=p ף=f צ=ts ץ=ts ק=k ר=r ש=sh ת=t"
)
# Hangul syllables are composed by rule (Unicode Standard, chapter 3.12); letters by the Revised Romanization of 2000.
_HANGUL_FIRST: Final = 0xAC00
_HANGUL_LAST: Final = 0xD7A3
_LEADS: Final = ["g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p", "h"]
_VOWELS: Final = [
    "a",
    "ae",
    "ya",
    "yae",
    "eo",
    "e",
    "yeo",
    "ye",
    "o",
    "wa",
    "wae",
    "oe",
    "yo",
    "u",
    "wo",
    "we",
    "wi",
    "yu",
    "eu",
    "ui",
    "i",
]
_TAILS: Final = [
    "",
    "k",
    "k",
    "k",
    "n",
    "n",
    "n",
    "t",
    "l",
    "k",
    "m",
    "l",
    "l",
    "l",
    "p",
    "l",
    "m",
    "p",
    "p",
    "t",
    "t",
    "ng",
    "t",
    "t",
    "k",
    "t",
    "p",
    "t",
]
_SHORTEST_BARE: Final = 3
"""Letters of a word of Arabic script that is too short to have an article."""
_FIRST_ARABIC: Final = "ال"
GOD: Final = "الله"
"""The one word that keeps its article: it ends names that are written in one word elsewhere (Abdullah, Arefullah)."""
_PERSIAN_LETTERS: Final = frozenset("پچژگکیڤۆێەڵڕټډړښځڼہھےٹڈڑں")
_LATIN_SPECIAL: Final = str.maketrans(
    {"đ": "dj", "ð": "d", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "ı": "i", "þ": "th", "ə": "a", "ŋ": "n"}
)
_RANGES: Final = (
    ("\u0370", "\u03ff", Script.GREEK),
    ("\u1f00", "\u1fff", Script.GREEK),
    ("\u10a0", "\u10ff", Script.GEORGIAN),
    ("\u0530", "\u058f", Script.ARMENIAN),
    ("\u05d0", "\u05ea", Script.HEBREW),
    ("\u3041", "\u30ff", Script.KANA),
    (chr(_HANGUL_FIRST), chr(_HANGUL_LAST), Script.HANGUL),
    ("\u4e00", "\u9fff", Script.CHINESE),
)
_ARABIC_RANGES: Final = (("\u0600", "\u06ff"), ("\u0750", "\u077f"), ("\u08a0", "\u08ff"))


def script_of(text: str) -> Script:
    """Return the script of a name, from its first letter that is not Latin, else Latin."""
    if text.isascii():
        return _LATIN
    letters = [letter for letter in text.casefold() if letter.isalpha()]
    foreign = [letter for letter in letters if letter > "\u036f"]
    if not letters or len(foreign) * 2 < len(letters):
        return _LATIN
    return _of_letter(foreign[0], letters)


def _of_letter(first: str, letters: list[str]) -> Script:
    """Return the script of a letter that is not Latin, the first of a name with these."""
    for low, high, script in _RANGES:
        if low <= first <= high:
            return script
    if "\u0400" <= first <= "\u052f":
        return _cyrillic("".join(letters))
    if is_indic(first):
        return Script.INDIC
    if is_ethiopic(first):
        return Script.ETHIOPIC
    if any(low <= first <= high for low, high in _ARABIC_RANGES):
        return Script.PERSIAN if _PERSIAN_LETTERS & set(letters) else Script.ARABIC
    return Script.LATIN if "\u1e00" <= first <= "\u1eff" else Script.OTHER


_HARD_SIGN: Final = re.compile("ъ[еёюя]")
"""The hard sign as Russian writes it; in Bulgarian the letter is a vowel."""


def _cyrillic(text: str) -> Script:
    letters = set(text)
    if letters & set("ѓќѕ"):
        return Script.MACEDONIAN
    if letters & set("ђјљњћџ"):
        return Script.SERBIAN
    if letters & set("іїєґ"):
        return Script.UKRAINIAN
    if letters & set("ыэё") or _HARD_SIGN.search(text):
        return Script.RUSSIAN
    return Script.BULGARIAN if "ъ" in letters else Script.CYRILLIC


_TABLES: Final = {
    Script.SERBIAN: _SERBIAN,
    Script.MACEDONIAN: _MACEDONIAN,
    Script.UKRAINIAN: _UKRAINIAN,
    Script.BULGARIAN: _BULGARIAN,
    Script.RUSSIAN: _CYRILLIC,
    Script.CYRILLIC: _CYRILLIC,
    Script.GREEK: _GREEK,
    Script.GEORGIAN: _GEORGIAN,
    Script.ARMENIAN: _ARMENIAN,
    Script.HEBREW: _HEBREW,
    Script.KANA: _KANA | _HIRAGANA,
    Script.ARABIC: _ARABIC,
    Script.PERSIAN: _ARABIC,
}


def latin(word: str, script: Script) -> str:
    """Return one lower-case word in Latin letters, diacritics kept; unchanged where there is no table."""
    if script is Script.HANGUL:
        return "".join(_syllable(letter) for letter in word)
    table = _TABLES.get(script)
    if table is None:
        return word
    if script.arabic and word.startswith(_FIRST_ARABIC) and len(word) > _SHORTEST_BARE and word != GOD:
        word = word[2:]
    if script is Script.GREEK:
        word = stripped(word)
    return word.translate(table)


def _syllable(letter: str) -> str:
    at = ord(letter) - _HANGUL_FIRST
    if not 0 <= at <= _HANGUL_LAST - _HANGUL_FIRST:
        return letter
    lead, rest = divmod(at, len(_VOWELS) * len(_TAILS))
    vowel, tail = divmod(rest, len(_TAILS))
    return _LEADS[lead] + _VOWELS[vowel] + _TAILS[tail]


def stripped(word: str) -> str:
    """Return a lower-case word without diacritics, by the spelling that passports use (đ is dj)."""
    if word.isascii():
        return word
    plain = unicodedata.normalize("NFKD", word.translate(_LATIN_SPECIAL))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))

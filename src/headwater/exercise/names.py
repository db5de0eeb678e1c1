"""Names of nobody: visibly invented, in the languages and scripts that meet on the Western Balkan route.

Family names say in their own language that they are made up (Izmišljenović: son of the invented one; Shpikuri: the
invented one; al-Wahmi: the imaginary one). Given names are common. No family name here was found in use.
"""

from dataclasses import dataclass
from random import Random
from typing import Final


@dataclass(frozen=True, slots=True)
class PersonName:
    """A person's name in Latin letters and, where its language has one, in its own script.

    Attributes:
        given: given names in order.
        family: family name.
        native: the whole name in its own script.
        language: English name of its language.
        script: English name of its script, Latin included.
    """

    given: tuple[str, ...]
    family: str
    native: str | None
    language: str
    script: str


def _table(rows: dict[str, str]) -> dict[str, tuple[str, ...]]:
    return {language: tuple(words.split()) for language, words in rows.items()}


_MALE: Final = _table(
    {
        "Serbian": "Marko Nikola Stefan Dušan Đorđe Vuk Miloš Nenad Željko Čedomir Ljubiša Njegoš",
        "Albanian": "Arben Besnik Driton Fatmir Gëzim Ilir Kujtim Luan Përparim Shkëlzen Xhevdet Ylli",
        "Macedonian": "Aleksandar Blagoja Goce Ivica Jovan Krste Ljupčo Metodija Petar Risto Stojan Trajko",
        "English": "Alfred Barnaby Clement Dudley Edmund Fergus Gilbert Hector Ivor Jasper Lionel Mortimer",
        "Arabic": "Ahmad Bilal Faris Hasan Idris Jamal Khalid Mahmud Nasir Rashid Salim Yusuf",
    }
)
_FEMALE: Final = _table(
    {
        "Serbian": "Ana Biljana Jelena Ljiljana Milica Snežana",
        "Albanian": "Arta Blerta Drita Elira Shpresa Valdete",
        "Macedonian": "Biljana Elena Gordana Kalina Slavica Vesna",
        "English": "Agatha Beatrice Cordelia Dorothea Edith Florence",
        "Arabic": "Amina Huda Layla Maryam Nadia Samira",
    }
)
_STEMS: Final = _table(
    {
        "Serbian": "Izmišlj Nepostoj Primer Zamišlj Obrazac Nikakv Bezimen Prividj Uzor Ogledn",
        "Albanian": "Shpik Trill Shemb Imagj Prov Askush Paqen Mostr Hiç Rrem",
        "Macedonian": "Izmisl Nepost Primer Zamisl Obraz Nikak Bezim Probn Uzor Lažn",
        "English": "Fiction Nonesuch Example Madeup Placeholder Nobody Sample Pretend Invent Dummy",
        "Arabic": "Wahmi Khayali Mithali Tajribi Majhul Muftarad Namudhaji Ghayrmawjud Tamthili Badil",
    }
)
_MIDDLES: Final = _table(
    {
        "Serbian": "en ar ov in or ač et ur in el",
        "Albanian": "ar en il or ul et in on ir el",
        "Macedonian": "en ar ov in or ač et ur ik el",
        "English": "al by dow en fer gate ham ing ley wor",
    }
)
_ENDINGS: Final = _table(
    {
        "Serbian": "ović ević ić ski",
        "Albanian": "uri aj i eshi",
        "Macedonian": "ovski evski oski eski",
        "English": "son ton by worth",
    }
)
# Arabic needs both forms: there is no rule from one to the other that a state would follow.
_ARABIC: Final = {
    "Ahmad": "أحمد", "Bilal": "بلال", "Faris": "فارس", "Hasan": "حسن", "Idris": "إدريس", "Jamal": "جمال",
    "Khalid": "خالد", "Mahmud": "محمود", "Nasir": "ناصر", "Rashid": "راشد", "Salim": "سليم", "Yusuf": "يوسف",
    "Amina": "أمينة", "Huda": "هدى", "Layla": "ليلى", "Maryam": "مريم", "Nadia": "نادية", "Samira": "سميرة",
    "Wahmi": "الوهمي", "Khayali": "الخيالي", "Mithali": "المثالي", "Tajribi": "التجريبي", "Majhul": "المجهول",
    "Muftarad": "المفترض", "Namudhaji": "النموذجي", "Ghayrmawjud": "الغيرموجود", "Tamthili": "التمثيلي",
    "Badil": "البديل",
}  # fmt: skip
_SERBIAN: Final = dict(zip("abvgdđežzijklmnoprstćufhcčš", "абвгдђежзијклмнопрстћуфхцчш", strict=True))
_DIGRAPHS: Final = {"dž": "џ", "lj": "љ", "nj": "њ"}
_MACEDONIAN: Final = {"đ": "ѓ", "ć": "ќ"}
_LANGUAGES: Final = ("Serbian", "Albanian", "Macedonian", "English", "Arabic")
_PLAIN: Final = str.maketrans("čćđšžëçČĆĐŠŽËÇ", "ccdszecCCDSZEC")

_WORDS: Final = _table(
    {
        "style": "EXAMPLE FICTION SPECIMEN PLACEHOLDER NONESUCH INVENTED SAMPLE PRETEND IMAGINARY DUMMY",
        "goods": "INFLATABLES ENGINES LIFEJACKETS LOGISTICS HAULAGE MARINE TEXTILES LETTINGS EXCHANGE TRAVEL",
        "bird": "HERON EGRET TERN PLOVER DUNLIN CURLEW AVOCET GODWIT SKUA FULMAR PETREL GANNET",
    }
)
_FORMS: Final = {
    "LTD": "United Kingdom",
    "DOO": "Serbia",
    "SHPK": "Kosovo",
    "DOOEL": "North Macedonia",
    "LLC": "Albania",
}
COUNTRIES: Final = {
    "Serbian": "Serbia",
    "Albanian": "Kosovo",
    "Macedonian": "North Macedonia",
    "English": "United Kingdom",
    "Arabic": "Syria",
}
TOWNS: Final = {
    "Serbian": ("Primerovac", "Testograd", "Izmišljeno Polje"),
    "Albanian": ("Shembullaj", "Testishtë", "Fshati i Shpikur"),
    "Macedonian": ("Primerovo", "Testovo", "Izmisleno Selo"),
    "English": ("Exampleville", "Nonesuch-on-Sea", "Testborough"),
    "Arabic": ("Madinat al-Mithal", "Qaryat at-Tajriba", "Bilad al-Wahm"),
}


def person_name(draw: Random, *, female: bool) -> PersonName:
    """Return a person's name, drawn."""
    language = draw.choice(_LANGUAGES)
    names = (_FEMALE if female else _MALE)[language]
    given = tuple(draw.sample(names, 2 if draw.randrange(3) == 0 else 1))
    stem = draw.choice(_STEMS[language])
    if language == "Arabic":
        native = " ".join(_ARABIC[part] for part in (*given, stem))
        return PersonName(given, f"al-{stem}", native, language, "Arabic")
    family = stem + draw.choice(_MIDDLES[language]) + draw.choice(_ENDINGS[language])
    if draw.randrange(6) == 0:
        family += "-" + draw.choice(_STEMS[language]) + draw.choice(_ENDINGS[language])
    whole = " ".join((*given, family))
    if language in {"Serbian", "Macedonian"}:
        return PersonName(given, family, cyrillic(whole, language), language, "Cyrillic")
    return PersonName(given, family, None, language, "Latin")


def given_names(language: str, *, female: bool) -> tuple[str, ...]:
    """Return the given names of a language, in the order of their table."""
    return (_FEMALE if female else _MALE)[language]


def stems(language: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return what family names of a language are made of: beginnings, middles and endings."""
    return _STEMS[language], _MIDDLES[language], _ENDINGS[language]


def company_name(draw: Random) -> tuple[str, str]:
    """Return a company's name and the country of its legal form, drawn."""
    form = draw.choice(list(_FORMS))
    words = [draw.choice(_WORDS["style"]), draw.choice(_WORDS["goods"])]
    if draw.randrange(2) == 0:
        words.insert(1, f"NO {draw.randrange(2, 999)}")
    return " ".join([*words, "TEST", form]), _FORMS[form]


def ship_name(draw: Random) -> str:
    """Return a ship's name, drawn."""
    return f"TEST {draw.choice(_WORDS['bird'])} {draw.randrange(1, 99)}"


def plain(name: str) -> str:
    """Return a name as it is typed on a keyboard without its letters."""
    return name.translate(_PLAIN)


def cyrillic(text: str, language: str) -> str:
    """Return a Serbian or Macedonian text in Latin letters in Cyrillic ones."""
    pairs = _DIGRAPHS | (_SERBIAN | _MACEDONIAN if language == "Macedonian" else _SERBIAN)
    for latin, own in pairs.items():
        text = text.replace(latin, own).replace(latin.capitalize(), own.upper())
    return text

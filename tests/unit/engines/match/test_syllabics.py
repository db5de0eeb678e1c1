"""Scripts whose signs are syllables, in Latin letters."""

import pytest

from headwater.engines.match.script import Script, script_of
from headwater.engines.match.syllabics import latin_syllables


@pytest.mark.parametrize(
    ("written", "latin"),
    [
        ("कल्पित मिथ्या", "kalpit mithya"),
        ("कल्पेन्द्र", "kalpendra"),  # the last vowel is spoken behind two consonants
        ("मोहम्मद ज़फ़ीर", "mohammad zafir"),  # a dot makes z and f
        ("কল্পিত", "kalpit"),
        ("ਕਲਪਿਤ", "kalapit"),
        ("કલ્પિત", "kalpit"),
        ("କଳ୍ପିତ", "kalpit"),
        ("கற்பனா", "karpana"),
        ("కల్పిత", "kalpita"),  # and everywhere in the south
        ("ಕಲ್ಪಿತ", "kalpita"),
        ("കല്പിതൻ", "kalpitan"),
        ("আজগুবৎ", "ajagubat"),
        ("ልብወለድ ፍጥረት", "lbweled ftret"),
        ("ሐሰት አለም", "haset alem"),
        ("Kalpit, कल्पित!", "Kalpit, kalpit!"),
    ],
)
def test_each_sign_is_spelled_with_the_vowel_that_it_has(written: str, latin: str) -> None:
    assert latin_syllables(written) == latin


@pytest.mark.parametrize(
    ("written", "script"), [("कल्पित", Script.INDIC), ("കല്പിതൻ", Script.INDIC), ("ልብወለድ", Script.ETHIOPIC)]
)
def test_the_script_is_told(written: str, script: Script) -> None:
    assert script_of(written) is script
    assert script.syllabic

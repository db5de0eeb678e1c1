"""One invented name in the spellings of many languages and scripts, and the names of others that are near it."""

import pytest

from headwater.engines.match.pairs import compare_pair
from tests.match_world import name

HIT = 0.70


def score(left: str, right: str, schema: str = "Person") -> float:
    return compare_pair(schema, {"name": [left]}, {"name": [right]}).score


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Ђорђе Измишљановић", "Djordje Izmisljanovic"),
        ("Ђорђе Измишљановић", "Dorde Izmisljanovic"),
        ("Ђорђе Измишљановић", "Gjorgje Izmishljanoviq"),
        ("Џевад Измишљагић", "Dzevad Izmisljagic"),
        ("Џевад Измишљагић", "Xhevad Izmishljagiq"),
        ("Ѓорѓи Нестварновски", "Gjorgji Nestvarnovski"),
        ("Ѓорѓи Нестварновски", "Georgi Nestvarnovski"),
        ("Ѕвонко Нестварновски", "Zvonko Nestvarnovski"),
        ("Щилян Измислов", "Shtiliyan Izmislov"),
        ("Юлия Вымышлещева", "Ioulia Vymychlechtcheva"),
        ("Юлия Вымышлещева", "Iuliia Vymyshleshcheva"),
        ("Сергій Вигаданенко", "Serhii Vyhadanenko"),
        ("Володимир Вигаданенко", "Vladimir Vyhadanenko"),
        ("Xhevahir Shpikuri", "Dževahir Špikuri"),
        ("Qemal Shpikuri", "Ћемал Шпикури"),
        ("Çetin Uydurukoğlu", "Tchetin Uydurukoglu"),
        ("Mehmet Uydurukoğlu", "Mehmed Uydurukoglu"),
        ("عمر الخيالي", "Omar al-Khayali"),
        ("عبدالرحمن الخيالي", "Abderrahmane El Khayali"),
        ("عبد الرحمن الخيالي", "Abdurrahman Khayali"),
        ("محمد بن عمر الخيالي", "Mohammed bin Omar Alkhayali"),
        ("نور الدين الخيالي", "Noureddine Khayali"),
        ("غلام رضا ساختگی", "Gholamreza Sakhtegi"),
        ("غلامرضا ساختگی", "Gholam Reza Sakhtegi"),
        ("علی خيالى", "Ali Khiali"),
        ("مصطفى الخيالي", "Moustapha Khayali"),
        ("رحمت الله خیالی", "Rahmatullah Khiali"),
        ("مجتبی آخوند خیالی", "Mojtaba Akhund Khiali"),
        ("Abu Bakr al-Khayali", "Aboubakar El Khayali"),
        ("Vladimir Ilyich Vymyshlev", "Vymyshlev V.I."),
        ("Aljaboori Khayal", "خيال الجبوري"),
        ("Nikolaev Vymysel", "Николаев Вымысел"),
        ("Sergejs Izdomajumovs", "Sergei Anatolyevich Izdomajumov"),
        ("Vladimiras Išgalvotovas", "Vladimir Ishgalvotov"),
        ("Petros Fantastikos", "Petr Fantastikos"),
        ("Kwak Jeong-byeol", "KWAK Cho'ng-pyo'l"),
        ("곽정별", "Kwak Jong Byol"),
        ("कल्पित मिथ्या", "Kalpit Mithya"),
        ("কাল্পনিক হাসান", "Kalponik Hassan"),
        ("ተስፋዬ ልብወለድ", "Tesfaye Libweled"),
        ("Inventado Ficticio, Gerardo Antonio", "Gerardo Inventado"),
    ],
)
def test_one_person_in_two_spellings_is_a_hit_either_way_round(left: str, right: str) -> None:
    assert score(left, right) >= HIT
    assert score(right, left) >= HIT


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Stefan Izmišljanović", "Stevan Izmišljanović"),
        ("Marko Jovanović", "Marko Ivanović"),
        ("Xhemal Shpikuri", "Xhemail Shpikuri"),
        ("Иван Николов", "Иван Николић"),
        ("محمد الخيالي", "Mahmoud al-Khayali"),
        ("عمر الخيالي", "Ammar al-Khayali"),
        ("خالد شرف", "Khaled Sharif"),
        ("عبد الله الخيالي", "Ubaydullah al-Khayali"),
        ("Omar bin Abdullah", "Abdullah bin Omar"),
        ("Hassan ibn Ali al-Khayali", "Ali ibn Hassan al-Khayali"),
        ("عمر خيالي", "Khayali"),
        ("Kwak Song-byol", "Kwak Sang-byol"),
        ("Kwak Hwa-byol", "Kwak Hwa-yol"),
    ],
)
def test_names_of_two_persons_that_are_near_are_no_hit(left: str, right: str) -> None:
    assert score(left, right) < HIT


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("ООО «Вымысел»", "Vymysel Limited Liability Company"),
        ("Акционерное общество Вымыслов машиностроительный завод", "JSC Vymyslov Machine-Building Plant"),
        ("НПО Вымысел", "Scientific Production Association Vymysel"),
        ("Друштво са ограниченом одговорношћу Измишљени Брод", "Izmisljeni Brod d.o.o."),
        ("Министерство обороны Примерии", "Ministry of Defence of Primeria"),
        ("Uyduruk Denizcilik Ltd. Şti.", "Uyduruk Shipping Limited"),
        ("Exemplar plc", "Exemplar Public Limited Company"),
        ("Exemplar Fund III L.P.", "Exemplar Fund 3 LP"),
        ("شركة الخيال للتجارة", "Al Khayal Trading Company"),
        ("شرکت کشتیرانی خیال", "Khial Shipping Company"),
        ("Exemplarists / Army of Nowhere", "Exemplarists"),
        ("Exemplar Trading (a.k.a. 'Figmentia')", "Figmentia"),
        ("EXEMPLAR REFINERY CORPORATION", "The Exemplar Refinery Company"),
    ],
)
def test_one_firm_in_two_languages_or_forms_is_a_hit_either_way_round(left: str, right: str) -> None:
    assert score(left, right, "Company") >= HIT
    assert score(right, left, "Company") >= HIT


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Exemplar Bank AG", "Exemplar Bank GmbH"),
        ("Exemplar Fund II L.P.", "Exemplar Fund III L.P."),
        ("Exemplar Fund Ltd", "Exemplar Fund I Ltd"),
        ("Eastern Shipping Co", "Western Shipping Co"),
        ("Ministry of Defence of Primeria", "Ministry of Finance of Primeria"),
        ("Exemplar Import/Export Ltd", "Export Ltd"),
    ],
)
def test_two_firms_that_are_near_are_no_hit(left: str, right: str) -> None:
    assert score(left, right, "Company") < HIT


def test_a_first_name_left_out_says_more_against_than_a_later_one() -> None:
    whole = "Gerardo Antonio Ficticio Inventado"
    assert score("Antonio Inventado", whole) < score("Gerardo Inventado", whole) - 0.05
    assert score(whole, "Antonio Inventado") < score(whole, "Gerardo Inventado") - 0.05


def test_a_name_in_arabic_script_loses_no_part_that_looks_like_a_latin_title() -> None:
    assert [part.plain for part in name("عمر الخيالي").parts] == ["mr", "xyaly"]


def test_an_initial_is_kept_where_the_same_letter_elsewhere_joins_two_names() -> None:
    assert [part.plain for part in name("I. Izmišljanović").parts] == ["i", "izmisljanovic"]
    assert [part.plain for part in name("Fictor i Fictor Figment").parts] == ["fictor", "figment"]


def test_father_and_son_in_the_other_order_are_told_in_the_reasons() -> None:
    match = compare_pair("Person", {"name": ["Omar bin Abdullah"]}, {"name": ["Abdullah bin Omar"]}).name
    assert match is not None
    assert match.turned

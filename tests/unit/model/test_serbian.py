"""Serbian in Latin letters."""

import pytest

from headwater.model.serbian import latin


@pytest.mark.parametrize(
    ("cyrillic", "written"),
    [
        ("Љубав", "Ljubav"),
        ("ЉУБАВ", "LJUBAV"),
        ("Џеп и џеп", "Džep i džep"),
        ("његов Њ", "njegov Nj"),
        ("%(partner)s ће видети", "%(partner)s će videti"),
        ("ЉИГ-Љубовија", "LJIG-Ljubovija"),
        ("„ЊИВА“ (Њива)", "„NJIVA“ (Njiva)"),
        ("Љ.ЏЕП/Љубав", "Lj.DŽEP/Ljubav"),
        ("headwater user login", "headwater user login"),
    ],
)
def test_letters_that_become_two_follow_the_word(cyrillic: str, written: str) -> None:
    assert latin(cyrillic) == written

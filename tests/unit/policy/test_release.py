"""Release outside an agreement: only what nobody would have to control afterwards."""

import pytest

from headwater.errors import ForbiddenError
from headwater.model.handling import UNRESTRICTED, Handling
from headwater.model.ids import StateCode
from headwater.policy.release import check_release

OPEN = Handling(releasable_to=None, codes=frozenset({"TLP:CLEAR"}))


def test_a_published_list_may_leave() -> None:
    check_release([OPEN, UNRESTRICTED])


@pytest.mark.parametrize(
    ("handling", "rule"),
    [
        (Handling(), "onward-consent"),
        (Handling(releasable_to=frozenset({StateCode("RS")})), "onward-consent"),
        (Handling(releasable_to=None, never_onward=True), "onward-never"),
        (Handling(releasable_to=None, codes=frozenset({"H1"})), "handling-code"),
        (Handling(releasable_to=None, codes=frozenset({"TLP:AMBER"})), "handling-code"),
        (Handling(releasable_to=None, conditions=frozenset({"ask first"})), "condition-text"),
        (Handling(releasable_to=None, addressees=frozenset({"v.petrov"})), "addressee"),
        (Handling(releasable_to=None, markings=frozenset({"OFFICIAL"})), "classification"),
    ],
)
def test_one_record_that_somebody_controls_holds_back_the_whole_and_names_the_rule(
    handling: Handling, rule: str
) -> None:
    with pytest.raises(ForbiddenError, match=f"rule {rule}:"):
        check_release([OPEN, handling, OPEN])

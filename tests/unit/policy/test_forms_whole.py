"""The words and forms of policy, whole: agreements are signed bytes, and acts, rules and outcomes stand in ledgers.

Whoever adds one on purpose writes `forms_whole.json` anew with FREEZE=1.
"""

from pathlib import Path
from typing import Final

import pytest

from tests.forms import forms_of, modules_of
from tests.frozen import hold

HELD: Final = Path(__file__).with_name("forms_whole.json")


@pytest.mark.parametrize("module", [one for one in modules_of("headwater.policy") if forms_of(one)])
def test_the_words_and_forms_of_a_module_are_those_that_bytes_have_already(module: str) -> None:
    hold(HELD, module.removeprefix("headwater.policy."), forms_of(module), close=0.0)

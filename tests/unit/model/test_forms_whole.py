"""The words and forms of the room's values, whole: bytes that are kept, signed or sent already must go on meaning the same.

A word of an enumeration stands in databases, files and messages; a field's default is what a message means that leaves the
field out; a table's columns are those of files that partners have. Whoever adds one on purpose writes `forms_whole.json` anew
with FREEZE=1, and a reviewer sees in it what old bytes would mean now.
"""

from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from headwater.model.schema import schemata
from tests.forms import forms_of, modules_of
from tests.frozen import hold

HELD: Final = Path(__file__).with_name("forms_whole.json")


@pytest.mark.parametrize("module", [one for one in modules_of("headwater.model") if forms_of(one)])
def test_the_words_and_forms_of_a_module_are_those_that_bytes_have_already(module: str) -> None:
    hold(HELD, module.rpartition(".")[2], forms_of(module), close=0.0)


def test_every_entity_type_stands_where_it_stood_and_has_as_many_properties_of_each_kind() -> None:
    # Their names are held to the published ones by a peer test.
    hold(
        HELD,
        "entity types",
        {name: [sorted(one.extends), Counter(one.properties.values())] for name, one in schemata().items()},
    )

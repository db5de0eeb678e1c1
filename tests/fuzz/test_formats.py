"""A short run of the fuzzer for every merge, and the proof that it finds what it looks for."""

import math
import os

import pytest

from headwater.errors import FormatError
from tests.fuzz import fuzz_formats
from tests.fuzz.fuzz_formats import Target, inputs, run, targets


@pytest.mark.parametrize("name", targets())
def test_two_seconds_of_mutated_files_bring_out_declared_errors_only(name: str) -> None:
    tried, good, bad = run(name, seed=20261125, seconds=2.0)
    assert bad == []
    assert tried > good > 0


@pytest.mark.deep
@pytest.mark.parametrize("name", ["stix", "misp", "stix-pattern"])
def test_ten_million_bundles_events_and_patterns_bring_out_declared_errors_only(name: str) -> None:
    inputs_each = int(os.environ.get("HEADWATER_FUZZ_INPUTS", "3400000"))
    tried, good, bad = run(name, seed=11, seconds=math.inf, most=inputs_each)
    assert bad == []
    assert tried == inputs_each
    assert good > 0


def test_an_input_follows_from_seed_and_number_alone() -> None:
    target = targets()["json"]
    made = inputs(target, 7, 0)
    first_six = [next(made) for _ in range(6)]
    assert next(inputs(target, 7, 5)) == first_six[5]
    assert next(inputs(target, 8, 5)) != first_six[5]


def test_the_fuzzer_finds_a_planted_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def parse(data: bytes) -> None:
        if b"<!--" in data:
            raise KeyError(data)
        raise FormatError("refused")

    monkeypatch.setattr(fuzz_formats, "targets", lambda: {"planted": Target((b"a,b\n",), parse)})
    tried, good, bad = run("planted", seed=1, seconds=2.0, most=500)
    assert (tried, good) == (500, 0)
    assert any("KeyError" in text for text in bad)

"""Attenuation agrees with NIST and with spectra integrated over every bin; what is no formula is refused."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from headwater.engines.scan import ln_transmission, mass_attenuation
from headwater.engines.scan.attenuation import parse_formula
from headwater.engines.scan.elements import elements
from headwater.engines.scan.spectra import SYSTEMS, condensed, system
from headwater.errors import SchemaError


def rows(shared: Path, name: str) -> Iterator[dict[str, str]]:
    """The rows of a table of the developers' data."""
    with (shared / "data" / "scan" / "attenuation" / name).open(encoding="utf-8") as stream:
        yield from csv.DictReader(stream)


def test_compounds_agree_with_nist_within_a_thousandth(shared: Path) -> None:
    seen = 0
    for row in rows(shared, "compound_totals.csv"):
        energy, told = float(row["energy_mev"]), float(row["total_cm2_g"])
        assert float(mass_attenuation(row["formula"], energy)) == pytest.approx(told, rel=3e-4), row
        seen += 1
    assert seen > 500


def test_elements_agree_at_and_beside_their_edges(shared: Path) -> None:
    for row in rows(shared, "elements.csv"):
        told = float(row["total_cm2_g"])
        assert float(mass_attenuation(row["symbol"], float(row["energy_mev"]))) == pytest.approx(told, rel=1e-3), row


def test_transmission_agrees_with_a_fine_spectrum(shared: Path) -> None:
    formulas = {row["name"]: row["formula"] for row in rows(shared, "compounds.csv")}
    spectra: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in rows(shared, "spectra.csv"):
        spectra.setdefault((row["system"], row["channel"]), []).append((float(row["energy_mev"]), float(row["weight"])))
    for row in rows(shared, "transmissions.csv"):
        parts = [layer.split(":") for layer in row["layers"].split(";")]
        layers = [(formulas[name], float(areal)) for name, areal in parts]
        for channel in ("low", "high"):
            energies, weights = zip(*spectra[row["system"], channel], strict=True)
            assert ln_transmission(energies, weights, layers) == pytest.approx(float(row[f"ln_t_{channel}"]), rel=2e-3)


def test_lead_absorbs_more_above_its_edge_than_below() -> None:
    below, above = mass_attenuation("Pb", [0.0879, 0.0881])
    assert above > 3 * below


def test_a_compound_is_the_sum_of_its_elements_by_mass() -> None:
    hydrogen = 2 * elements()["H"][0] / (2 * elements()["H"][0] + elements()["O"][0])
    expected = hydrogen * mass_attenuation("H", 1.0) + (1 - hydrogen) * mass_attenuation("O", 1.0)
    assert float(mass_attenuation("H2O", 1.0)) == pytest.approx(float(expected))
    assert sum(parse_formula("C17H22ClNO4").values()) == pytest.approx(1.0)


@pytest.mark.parametrize("formula", ["", "X2", "h2o", "H2O!", "C0", "2H", "Og"])
def test_what_is_no_formula_is_refused(formula: str) -> None:
    with pytest.raises(SchemaError):
        mass_attenuation(formula, 1.0)


@pytest.mark.parametrize("energy", [0.0, 25.0, float("nan"), -1.0])
def test_an_energy_outside_the_table_is_refused(energy: float) -> None:
    with pytest.raises(SchemaError):
        mass_attenuation("Fe", energy)


@pytest.mark.parametrize(
    ("weights", "areal"),
    [([0.0, 0.0], 1.0), ([-1.0, 2.0], 1.0), ([1.0], 1.0), ([1.0, 1.0], -1.0), ([1.0, 1.0], float("nan"))],
)
def test_weights_and_layers_that_cannot_be_are_refused(weights: list[float], areal: float) -> None:
    with pytest.raises(SchemaError):
        ln_transmission([0.1, 1.0], weights, [("Fe", areal)])


def test_a_metre_of_steel_does_not_vanish() -> None:
    assert ln_transmission([6.0], [1.0], [("Fe", 787.0)]) == pytest.approx(-787.0 * float(mass_attenuation("Fe", 6.0)))


@pytest.mark.parametrize("name", [name for name in SYSTEMS if name.startswith("mv")])
def test_few_bins_stand_for_a_spectrum(name: str) -> None:
    for fine, few in zip((system(name).low, system(name).high), condensed(name), strict=True):
        assert len(few.weight) <= 14
        for layers in ([("H2O", 40.0)], [("Fe", 40.0)], [("Al", 30.0)]):
            exact = ln_transmission(fine.energy_mev, fine.weight, layers)
            assert ln_transmission(few.energy_mev, few.weight, layers) == pytest.approx(exact, rel=4e-3)


def test_an_unknown_scanner_is_refused() -> None:
    with pytest.raises(SchemaError):
        system("mv1")


def test_energies_keep_their_shape() -> None:
    assert mass_attenuation("Fe", np.ones((2, 3))).shape == (2, 3)

"""The fan beam: exact chords, the later solid alone where two overlap, and Beer and Lambert bin by bin."""

import math

import numpy as np
import pytest

from headwater.engines.scan.attenuation import ln_transmission
from headwater.engines.scan.projector import Kind, Solid, View, transmission, transmission_of
from headwater.engines.scan.spectra import Spectrum, condensed
from headwater.exercise.vehicles.parts import between, box, turned
from tests.scan_world import view

SHARP = [Spectrum(np.array([1.0]), np.array([1.0]))]


def lengths(solids: list[Solid], looking: View) -> np.ndarray:
    """How much of the beam each pixel loses, −ln T at 1 MeV, divided by that of one g/cm² of water."""
    one = -ln_transmission([1.0], [1.0], [("H2O", 1.0)])
    return np.asarray(-np.log(transmission_of(solids, looking, SHARP)[0]) / one)


def test_the_chord_of_a_slab_is_its_thickness_over_the_cosine() -> None:
    made = lengths([box((100.0, 40.0, 0.0), (60.0, 60.0, 5.0), "water", 1.0)], view())
    rise = (85.0 - (np.arange(160) + 0.5) * 0.5 - 40.0) / 500.0
    assert made[:, 200] == pytest.approx(10.0 * np.sqrt(1 + rise**2), rel=1e-9)


def test_the_chord_of_a_ball_is_pythagoras() -> None:
    made = lengths([Solid(Kind.ELLIPSOID, (100.0, 40.0, 0.0), (10.0, 10.0, 10.0), "water", 1.0)], view())
    for column in (185, 200, 215):
        across = (column + 0.5) * 0.5 - 100.0
        assert made[89, column] == pytest.approx(2 * math.sqrt(100 - across**2), rel=1e-3)
    assert made[89, 200 + 21] == 0


def test_a_cylinder_across_the_road_shows_its_length_in_its_disc() -> None:
    made = lengths(
        [Solid(Kind.CYLINDER, (100.0, 40.0, 0.0), (30.0, 8.0, 8.0), "water", 1.0, (0.0, math.pi / 2, 0.0))], view()
    )
    assert made[90, 200] == pytest.approx(60.0, rel=1e-3)
    assert made[90, 200 + 18] == 0


def test_the_later_solid_is_there_alone() -> None:
    outer, hole = (
        box((100.0, 40.0, 0.0), (20.0, 20.0, 10.0), "water", 1.0),
        box((100.0, 40.0, 0.0), (5.0, 5.0, 4.0), "organic", 0.0),
    )
    assert lengths([outer, hole], view())[90, 200] == pytest.approx(12.0, rel=1e-3)
    assert lengths([hole, outer], view())[90, 200] == pytest.approx(20.0, rel=1e-3)


def test_many_overlapping_solids_count_each_centimetre_once() -> None:
    draw = np.random.default_rng(5)
    solids = [
        Solid(
            Kind(int(draw.integers(3))),
            (100.0 + between(draw, -5, 5), 40.0, between(draw, -20, 20)),
            (9.0, 9.0, between(draw, 2, 9)),
            "water",
            1.0,
        )
        for _ in range(12)
    ]
    made = lengths(solids, view())[90, 200]
    grid = np.linspace(-60, 60, 240_001)
    inside = np.zeros(grid.shape, bool)
    for one in solids:
        x, y = 100.25 - one.centre[0], 85.0 - 90.5 * 0.5 - 40.0
        z = grid - one.centre[2]
        a, b, c = one.half
        if one.kind is Kind.BOX:
            inside |= (abs(x) <= a) & (abs(y) <= b) & (abs(z) <= c)
        elif one.kind is Kind.ELLIPSOID:
            inside |= (x / a) ** 2 + (y / b) ** 2 + (z / c) ** 2 <= 1
        else:
            inside |= (abs(x) <= a) & ((y / b) ** 2 + (z / c) ** 2 <= 1)
    assert made == pytest.approx(float(inside.mean()) * 120.0, rel=2e-3)


def test_turning_a_body_keeps_its_volume_and_turns_its_shadow() -> None:
    one = box((0.0, 0.0, 0.0), (20.0, 2.0, 2.0), "steel")
    (up,) = turned([one], (0.0, 0.0, math.pi / 2))
    assert up.volume == pytest.approx(one.volume)
    assert up.reach() == pytest.approx([2.0, 20.0, 2.0])
    twice = turned(turned([one], (0.3, 0.4, 0.5)), (-0.2, 0.7, 0.1))
    frames = [
        Solid(Kind.BOX, (0, 0, 0), (1, 1, 1), "steel", 1.0, turn).axes().T
        for turn in ((0.3, 0.4, 0.5), (-0.2, 0.7, 0.1))
    ]
    assert pytest.approx(frames[1] @ frames[0]) == twice[0].axes().T


def test_the_beam_hardens_as_the_sum_over_bins_says() -> None:
    looking = view()
    made = transmission([box((100.0, 40.0, 0.0), (20.0, 20.0, 5.0), "steel")], looking, "mv3.5_6")
    for channel, spectrum in enumerate(condensed("mv3.5_6")):
        expected = math.exp(ln_transmission(spectrum.energy_mev, spectrum.weight, [("Fe", 78.7)]))
        assert made[channel, 90, 200] == pytest.approx(expected, rel=1e-4)


def test_some_columns_are_those_of_the_whole() -> None:
    solids = [box((100.0, 40.0, 0.0), (20.0, 20.0, 5.0), "steel", 7.87, (0.1, 0.2, 0.3))]
    whole, part = transmission(solids, view(), "mv3.5_6"), transmission(solids, view(), "mv3.5_6", (180, 240))
    assert (whole[:, :, 180:240] == part).all()


def test_the_box_of_a_solid_holds_its_shadow() -> None:
    leaning = View(400, 160, 0.5, 0.5, 0.0, 85.0, 40.0, -300.0, 0.05)
    solids = [box((100.0, 40.0, 20.0), (10.0, 6.0, 12.0), "steel", 7.87, (0.3, 0.5, 0.7))]
    x0, y0, x1, y1 = leaning.box_of(solids)
    dark = np.argwhere(transmission(solids, leaning, "mv3.5_6")[1] < 0.999)
    assert x0 <= dark[:, 1].min() <= x0 + 8
    assert x1 - 8 <= dark[:, 1].max() + 1 <= x1 + 1
    assert y0 <= dark[:, 0].min()
    assert dark[:, 0].max() < y1

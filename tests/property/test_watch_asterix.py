"""What another hand writes as ASTERIX is read as it was meant, whatever else stands in the record."""

import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from headwater.formats.asterix import read_asterix
from headwater.formats.asterix_detections import detections_of_asterix
from headwater.model.detections import Origin
from tests.asterix_world import block, plot, tod, track

NM = 1852.0
MORE_PLOT = {
    "i130": st.just(b"\xfe" + bytes(7)), "i220": st.binary(min_size=3, max_size=3), "i250": st.just(b"\x01" + bytes(8)),
    "i120": st.sampled_from([b"\x80\x12\x34", b"\x40\x01" + bytes(6), b"\xc0\0\1\2" + bytes(12)]), "iSP": st.just(b"\x03xy"),
}  # fmt: skip
MORE_TRACK = {
    "i060": st.binary(min_size=2, max_size=2), "i290": st.just(b"\x0d\x40" + bytes(2 + 1 + 1)), "i500": st.just(b"\x80\0\x14\0\x14"),
    "i380": st.just(b"\x81\x01\x01\x20" + bytes(3) + b"\x01" + bytes(8)), "i080": st.sampled_from([b"\x00", b"\x01\x00", b"\x01\x01\x00"]),
}  # fmt: skip
moments = st.integers(0, 86_400 * 128 - 1).map(lambda ticks: ticks / 128)


@given(
    st.lists(
        st.tuples(moments, st.floats(-1.5e5, 1.5e5), st.floats(-1.5e5, 1.5e5), st.fixed_dictionaries({}, optional=MORE_PLOT)),
        min_size=1, max_size=5,
    )
)  # fmt: skip
def test_plots_come_back_within_what_their_bits_can_tell(
    plots: list[tuple[float, float, float, dict[str, Any]]],
) -> None:
    data = block(48, *(plot(when, x, y, **more) for when, x, y, more in plots))
    records = list(read_asterix(data))
    assert [one.errors for one in records] == [()] * len(plots)
    assert [one.items["140"] for one in records] == [tod(when) for when, _, _, _ in plots]
    found = detections_of_asterix(data)
    for seen in found.detections:
        _, x, y, _ = plots[seen.row]
        assert math.hypot(seen.x - x, seen.y - y) <= NM / 256.0 + math.hypot(x, y) * math.tau / 65_536.0
    assert len(found.detections) + found.doubled == len(plots)


@given(moments, st.floats(-80.0, 80.0), st.floats(-179.0, 179.0), st.fixed_dictionaries({}, optional=MORE_TRACK))
def test_tracks_come_back_within_a_metre(when: float, lat: float, lon: float, more: dict[str, Any]) -> None:
    origin = Origin(lat, lon)
    [seen] = detections_of_asterix(block(62, track(when, lat, lon, **more)), origin=origin).detections
    assert seen.time_s == when
    assert math.hypot(seen.x, seen.y) < 1.0

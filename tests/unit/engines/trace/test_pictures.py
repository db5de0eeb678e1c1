"""The Sankey picture of a trail can be read: bands in order, names free, wide enough for its hops."""

import re
from collections.abc import Sequence
from itertools import pairwise

from headwater.engines.trace.pictures import Moment, sankey, timeline
from headwater.engines.trace.trail import Hop, Rest, Trail

BAND = re.compile(
    r'<path d="M[0-9.]+,([0-9.]+) C[^ ]+ [^ ]+ [0-9.]+,([0-9.]+) .*?<title>([^<]+) to ([^<]+): ([^<]+)</title>'
)
BAR = re.compile(r'<rect x="([0-9.]+)" y="([0-9.]+)" width="8"[^>]*><title>([^<]+): ')


def trail(*hops: tuple[int, str, str, int]) -> Trail:
    """A trail of hops (number, payer, payee, part), in the order of time."""
    made = tuple(
        Hop(number, f"P{at}", f"x#{at}", at, payer, payee, part, part)
        for at, (number, payer, payee, part) in enumerate(hops)
    )
    return Trail("P0", "fifo", "EUR", made, (Rest(made[-1].receiver, made[-1].hop, made[0].part),), 0)


def bands(picture: str) -> list[tuple[str, str, float, float]]:
    """Payer, payee, where the band begins and where it ends."""
    return [(payer, payee, float(y1), float(y2)) for y1, y2, payer, payee, _ in BAND.findall(picture)]


def crossings(found: Sequence[tuple[str, str, float, float]]) -> int:
    """How many pairs of bands change sides between their ends."""
    return sum(
        (one[2] - other[2]) * (one[3] - other[3]) < 0 for at, one in enumerate(found) for other in found[at + 1 :]
    )


def test_bands_leave_an_account_in_the_order_of_whom_they_reach() -> None:
    picture = sankey(
        trail((1, "payer-1", "HUB", 200), (2, "HUB", "SMALL", 90), (2, "HUB", "LARGE", 110), (3, "LARGE", "END", 50))
    )
    assert crossings([one for one in bands(picture) if one[0] == "HUB"]) == 0


def test_accounts_stand_beside_those_that_paid_them() -> None:
    picture = sankey(
        trail(
            (1, "payer-1", "HUB", 200), (2, "HUB", "UPPER", 120), (2, "HUB", "LOWER", 80), (3, "LOWER", "GREAT", 80),
            (3, "UPPER", "LITTLE", 20),
        )
    )  # fmt: skip
    assert crossings([one for one in bands(picture) if one[1] in {"GREAT", "LITTLE"}]) == 0


def test_a_long_trail_is_a_wide_picture_in_which_no_name_reaches_the_next_account() -> None:
    names = ["payer-1", *(f"GB00EXMP0000{number:04d}" for number in range(9))]
    picture = sankey(trail(*((at + 1, names[at], names[at + 1], 100) for at in range(9))))
    edges = sorted({float(x) for x, _, _ in BAR.findall(picture)})
    assert len(edges) == 10
    assert min(after - before for before, after in pairwise(edges)) >= 170
    width = re.search(r'viewBox="0 0 ([0-9]+) ', picture)
    assert width is not None
    assert edges[-1] + 170 <= float(width[1])
    assert 'paint-order="stroke"' in picture


def test_a_moment_is_told_to_its_end_in_lines_that_fit() -> None:
    text = (
        "corridor-fan-in, first: 52 different payers sent 139,050.00 EUR in 107 payments of 1,299.53 EUR on average from IQ to RS "
        "into RS00EXMP00005201, from 2025-03-06 to 2025-03-29. Red flag: FATF, Money Laundering and Terrorist Financing Risks "
        "Arising from Migrant Smuggling (2022)."
    )
    picture = timeline(
        "Timeline", [Moment(1_741_000_000_000_000, "payment", text), Moment(1_742_000_000_000_000, "hire", "H1")]
    )
    lines = re.findall(r'<text x="(?:20|44)" y="([0-9]+)"[^>]*>([^<]+)</text>', picture)
    listed = [(int(y), words) for y, words in lines if int(y) > 200]
    assert " ".join(words for _, words in listed[:-1]).endswith(text)
    assert max(len(words) for _, words in listed) <= 150
    assert [y for y, _ in listed] == sorted({y for y, _ in listed})
    height = re.search(r'viewBox="0 0 [0-9]+ ([0-9]+)"', picture)
    assert height is not None
    assert listed[-1][0] < float(height[1])


def test_a_band_is_as_wide_as_all_that_went_between_two_accounts_at_a_hop() -> None:
    many = [(2, "HUB", f"SMALL-{at:03d}", 3) for at in range(60)]
    picture = sankey(
        trail(
            (1, "payer-1", "HUB", 600),
            (2, "HUB", "LARGE", 200),
            (2, "HUB", "LARGE", 150),
            *many,
            (3, "LARGE", "END", 350),
        )
    )
    said = {(payer, payee): text for _, _, payer, payee, text in BAND.findall(picture)}
    assert said["HUB", "LARGE"].startswith("3.50")
    joined = [
        text for (payer, payee), text in said.items() if payer == "HUB" and not payee.startswith(("LARGE", "SMALL"))
    ]
    left = 60 - sum(payee.startswith("SMALL") for _, payee in said)
    assert joined == [f"{left * 3 / 100:.2f} EUR"]

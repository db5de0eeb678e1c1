"""What a screen asks of a scan: nobody's outline, materials, one picture with everything on it."""

from collections.abc import Sequence
from typing import Any

from headwater.engines.scan.assess import cannot
from headwater.engines.scan.material import Materials, computed, nearest_system
from headwater.engines.scan.material import materials as resolved
from headwater.engines.scan.normalise import normalise
from headwater.engines.scan.overlay import BOX, COLOURS, Picture, bright, coloured, overlay, without_persons
from headwater.model.scan import ScanImage

__all__ = ["BOX", "COLOURS", "drawn", "materials", "without_persons"]


def materials(scan: ScanImage) -> Materials:
    """Return what each pixel of a scan with two spectra is made of.

    Raises:
        SchemaError: there are not two spectra, or no counts.
    """
    return resolved(normalise(scan), computed(nearest_system(scan.meta)))


def drawn(scan: ScanImage, alarms: Sequence[dict[str, Any]], blocked: Sequence[dict[str, Any]]) -> Picture:
    """Return a scan in material colours, or in grey, with boxes, the mark of a made image, and its file's hash below.

    Args:
        scan: the image; persons are blurred in it already where they must be.
        alarms: with ``id``, ``class`` and ``box_px``.
        blocked: regions that are not assessed.
    """
    if not scan.is_counts:
        return overlay(scan, bright(scan), alarms, blocked, rescue=True)
    seen = normalise(scan)
    found = None if cannot(scan) else resolved(seen, computed(nearest_system(scan.meta)))
    # Blurred in the counts, before: here nothing of a person is left to blur.
    return overlay(scan, coloured(seen, found), alarms, blocked, rescue=True)

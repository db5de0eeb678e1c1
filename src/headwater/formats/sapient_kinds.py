"""Words that sensors and detectors use, and the classes of headwater they mean."""

from typing import Final

KINDS: Final = {
    "human": "person-group", "person": "person-group", "people": "person-group", "group": "person-group",
    "person group": "person-group", "person in water": "person-in-water", "swimmer": "person-in-water",
    "vehicle": "vehicle", "land vehicle": "vehicle", "car": "vehicle", "lorry": "lorry", "truck": "lorry",
    "boat": "boat", "vessel": "boat", "sea vessel": "boat", "ship": "boat", "uav": "drone", "drone": "drone",
    "air vehicle": "aircraft", "aircraft": "aircraft", "animal": "animal",
}  # fmt: skip
"""Words of sensors for the classes of headwater; a person alone is a group of size 1-4."""

"""What the wheel's builder calls: catalogues, vocabularies and templates go into the wheel pressed, for the core has 40 MB to fit into.

The source keeps them as text, for people to read and correct; an editable install reads that.
"""

import gzip
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PRESSED = (
    *(f"src/headwater/{room}/locale/*/*.po" for room in ("cli", "node", "web")),
    "src/headwater/case/data/case_terms.csv",
    "src/headwater/engines/match/data/chinese.txt",
    "src/headwater/engines/scan/data/elements.csv",
    "src/headwater/web/templates/*.html",
)


class PressedCatalogues(BuildHookInterface[Any]):
    """Presses what the wheel is not to hold as text, the same bytes from the same text."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Put the pressed files where the wheel would have had the plain ones."""
        if version == "editable":
            return
        folder = self._folder = Path(tempfile.mkdtemp(prefix="headwater-catalogues-"))
        root = Path(self.root)
        for number, plain in enumerate(sorted(file for names in PRESSED for file in root.glob(names))):
            pressed = folder / f"{number}.gz"
            pressed.write_bytes(gzip.compress(plain.read_bytes(), 9, mtime=0))
            build_data["force_include"][str(pressed)] = f"{plain.relative_to(root / 'src')}.gz"

    def finalize(self, version: str, _build_data: dict[str, Any], _artifact_path: str) -> None:
        """Remove what was pressed."""
        if version != "editable":
            shutil.rmtree(self._folder, ignore_errors=True)

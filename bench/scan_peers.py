"""What the peers of the scan room answer, in their own environment: HOG with a linear SVM, pydicos, gvxr."""

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np


def classic(folder: Path) -> None:
    """HOG with a linear SVM on windows that are laid on the item: easier than finding it."""
    from skimage.feature import hog
    from sklearn.svm import LinearSVC

    train, test = np.load(folder / "train.npz"), np.load(folder / "test.npz")
    rows = [np.array([hog(one, pixels_per_cell=(8, 8)) for one in part["x"]]) for part in (train, test)]
    model = LinearSVC(C=0.01, class_weight="balanced").fit(rows[0], train["y"])
    values = model.decision_function(rows[1])
    clean, items = np.sort(values[test["y"] == 0]), values[test["y"] == 1]
    # A scan has some hundred windows: 1 % of scans is one window in ten thousand, so the strongest clean one is still too low.
    print(
        f"peer HOG + linear SVM: {float((items > clean[-1]).mean()):.2f} of windows laid on an item pass the strongest of {len(clean)} clean windows"
    )


def pydicos(data: Path) -> None:
    """The only other open reader of DICOS."""
    import pydicos as peer

    for name in ("dx_lo.dcs", "dx_hi.dcs"):
        found: Any = peer.dcsread(str(data / "files" / name))
        print(f"peer pydicos: {name} read, shape {np.asarray(found.get_data()).shape}")


def gvxr() -> None:
    """A simulator on OpenGL."""
    peer: Any = import_module("gvxrPython3").gvxr
    peer.createOpenGLContext()
    print("peer gvxr: a context was made")


def main() -> int:
    """Ask each peer; one that cannot answer says why."""
    folder, data = Path(sys.argv[1]), Path(sys.argv[2])
    asked: tuple[tuple[str, Callable[[], None]], ...] = (
        ("HOG + linear SVM", lambda: classic(folder)),
        ("pydicos", lambda: pydicos(data)),
        ("gvxr", gvxr),
    )
    for name, ask in asked:
        try:
            ask()
        except Exception as error:  # noqa: BLE001 - a peer may fail in any way; it is named and passed over
            print(f"peer {name}: does not answer here ({type(error).__name__})")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The mark of a compiled function: numba compiles it at the first call on a machine and keeps the result.

What is kept is made anew when the function's own file changes, not when a constant does that it takes from another: whoever
changes such a constant deletes the ``.nbi`` files beside it.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])
_njit: Final = cast("Any", numba.njit)  # numba's published types leave out the option that follows
_UNCOUNTED: Final = {"cache": True, "nogil": True, "_nrt": False, "error_model": "numpy"}
"""Nothing is counted up and down: numba's own option, without a public name. A numba that no longer has it says so at once."""
bare: Final = cast("Callable[[F], F]", _njit(**_UNCOUNTED))
"""The mark of a function that makes no array: to count those it is handed takes longer than the work."""
within: Final = cast("Callable[[F], F]", _njit(**_UNCOUNTED, forceinline=True))
"""The same, written out where it is called: to hand on the dozens of numbers that some arrays are takes longer than the work."""
njit: Final = cast("Callable[[F], F]", numba.njit(cache=True, nogil=True))

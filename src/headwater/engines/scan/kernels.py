"""Compiled kernels: one decorator, so that every kernel is compiled once, kept on the disk, and typed as it is written."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from headwater.errors import MissingExtraError

try:
    import numba
except ModuleNotFoundError as error:  # the modules that hold kernels are imported only when one is asked for
    raise MissingExtraError("scan", error.name or "numba") from error

P = ParamSpec("P")
R = TypeVar("R")


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Return the compiled form of a function over arrays; it is compiled at its first call and then kept on the disk."""
    compiled: Callable[P, R] = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    return compiled

"""Compiles the kernels with numba, once on a machine: the result is kept beside the code or in the user's cache."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from headwater.errors import MissingExtraError

F = TypeVar("F", bound=Callable[..., Any])
Array = Any
"""A numpy array or number inside a kernel; numba finds its type."""


def compiled(function: F) -> F:
    """Return a function compiled to machine code at its first call.

    Raises:
        MissingExtraError: numba is not installed.
    """
    try:
        import numba
    except ModuleNotFoundError as error:
        raise MissingExtraError("trace", error.name or "numba") from error
    return cast("F", numba.njit(cache=True)(function))

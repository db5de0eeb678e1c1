"""Payments as arrays: sorted by time, accounts as whole numbers from 0, and for each account its payments in and out."""

from dataclasses import dataclass
from typing import Any, Final

ROOM: Final = 16
"""Whole numbers up to so many times the payments are looked up in an array; larger ones are sorted."""


@dataclass(frozen=True, slots=True)
class Edges:
    """Payments sorted by time, in compressed rows (CSR) by payer and by payee.

    Attributes:
        t: seconds since 1970, ascending; equal times keep the order in which they were given.
        src, dst: accounts as they were given.
        u, v: the same accounts, numbered from 0 without gaps.
        value: minor units.
        order: place of each payment among those given.
        vertices: number of accounts.
        out_at, out_edge: the payments that account ``a`` makes are ``out_edge[out_at[a]:out_at[a + 1]]``, by time.
        in_at, in_edge: the same for those it receives.
    """

    t: Any
    src: Any
    dst: Any
    u: Any
    v: Any
    value: Any
    order: Any
    vertices: int
    out_at: Any
    out_edge: Any
    in_at: Any
    in_edge: Any

    def __len__(self) -> int:
        """Return the number of payments."""
        return len(self.t)


def make_edges(t: Any, src: Any, dst: Any, value: Any) -> Edges:  # noqa: ANN401 - numpy arrays
    """Return payments as sorted arrays.

    Args:
        t: seconds or any whole number that rises with time.
        src: account that pays, a whole number.
        dst: account that is paid.
        value: minor units.
    """
    import numpy as np

    t = np.asarray(t, dtype=np.int64)
    order = np.argsort(t, kind="stable")
    t, src, dst = t[order], np.asarray(src, np.int64)[order], np.asarray(dst, np.int64)[order]
    value = np.asarray(value, np.int64)[order]
    u, v, vertices = _numbered(src, dst)
    out_at, out_edge = _rows(u, vertices)
    in_at, in_edge = _rows(v, vertices)
    return Edges(t, src, dst, u, v, value, order, vertices, out_at, out_edge, in_at, in_edge)


def edges_of(table: Any) -> Edges:  # noqa: ANN401 - an Arrow table
    """Return the payments of an Arrow table with ``t``, ``src``, ``dst`` and ``value``."""
    return make_edges(*(table[name].to_numpy() for name in ("t", "src", "dst", "value")))


def _numbered(src: Any, dst: Any) -> tuple[Any, Any, int]:  # noqa: ANN401 - numpy arrays
    """Return the accounts numbered from 0 without gaps, in their own order."""
    import numpy as np

    count = len(src)
    if count and min(src.min(), dst.min()) >= 0 and max(src.max(), dst.max()) < ROOM * count + ROOM:
        seen = np.zeros(int(max(src.max(), dst.max())) + 1, np.int64)
        seen[src] = 1
        seen[dst] = 1
        number = np.cumsum(seen) - 1
        return number[src], number[dst], int(number[-1]) + 1
    names, both = np.unique(np.concatenate((src, dst)), return_inverse=True)
    return both[:count].astype(np.int64), both[count:].astype(np.int64), len(names)


def _rows(owner: Any, count: int) -> tuple[Any, Any]:  # noqa: ANN401 - numpy arrays
    """Return where each account's payments begin, and the payments, by account and time."""
    import numpy as np

    from headwater.engines.trace.kernels.fill import fill

    at = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(owner, minlength=count), out=at[1:])
    placed = np.zeros(len(owner), np.int64)
    fill(owner, at[:-1].copy(), placed)
    return at, placed

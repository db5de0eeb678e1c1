"""Payments as arrays: sorted by time, accounts as whole numbers from 0, and for each account its payments in and out."""

from dataclasses import dataclass
from typing import Any, Final

ROOM: Final = 16
"""Whole numbers up to so many times the payments are looked up in an array; larger ones are sorted."""


@dataclass(frozen=True, slots=True)
class Edges:
    """Payments sorted by time, in compressed rows (CSR) by payer and by payee.

    The rows of an account lie side by side with all that a kernel asks of them, so that walking them reads memory in order.

    Attributes:
        t: seconds since 1970, ascending; equal times keep the order in which they were given.
        src, dst: accounts as they were given.
        u, v: the same accounts, numbered from 0 without gaps.
        value: minor units.
        order: place of each payment among those given.
        vertices: number of accounts.
        out_at, out_row: the payments that account ``a`` makes are ``out_row[out_at[a]:out_at[a + 1]]``, by time, each as
            time, payee, place in the sorted arrays, minor units.
        in_at, in_row: the same for those it receives, with the payer.
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
    out_row: Any
    in_at: Any
    in_row: Any

    def __len__(self) -> int:
        """Return the number of payments."""
        return len(self.t)

    def accounts(self) -> Any:  # noqa: ANN401 - a numpy array
        """Return each account as it was given, in the order of its number."""
        import numpy as np

        given = np.zeros(self.vertices, np.int64)
        given[self.u], given[self.v] = self.src, self.dst
        return given


def make_edges(t: Any, src: Any, dst: Any, value: Any) -> Edges:  # noqa: ANN401 - numpy arrays
    """Return payments as sorted arrays.

    Args:
        t: seconds or any whole number that rises with time.
        src: account that pays, a whole number.
        dst: account that is paid.
        value: minor units.
    """
    import numpy as np

    from headwater.engines.trace.kernels.fill import deal

    t, src, dst, value = (np.asarray(given, np.int64) for given in (t, src, dst, value))
    order = np.arange(len(t))
    if (t[1:] < t[:-1]).any():
        order = np.argsort(t, kind="stable")
        t, src, dst, value = t[order], src[order], dst[order], value[order]
    u, v, vertices = _numbered(src, dst)
    out_at, in_at = (_begins(owner, vertices) for owner in (u, v))
    out_row, in_row = (np.empty((len(t), 4), np.int64) for _ in range(2))
    deal(t, u, v, value, out_at[:-1].copy(), in_at[:-1].copy(), out_row, in_row)
    return Edges(t, src, dst, u, v, value, order, vertices, out_at, out_row, in_at, in_row)


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
        if seen.all():
            return src, dst, len(seen)
        number = np.cumsum(seen) - 1
        return number[src], number[dst], int(number[-1]) + 1
    names, both = np.unique(np.concatenate((src, dst)), return_inverse=True)
    return both[:count].astype(np.int64), both[count:].astype(np.int64), len(names)


def _begins(owner: Any, count: int) -> Any:  # noqa: ANN401 - numpy arrays
    """Return where each account's payments begin, and in the end where the last one's stop."""
    import numpy as np

    at = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(owner, minlength=count), out=at[1:])
    return at

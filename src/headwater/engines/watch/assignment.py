"""One best assignment of tracks to detections, each cluster of rivals alone.

Tracks and detections that share no candidate pair cannot disturb each other, so each connected cluster is solved alone:
with a gate most clusters are one pair, and the cost of a scan grows with the number of tracks instead of with its cube.
"""

import numpy as np
from numpy.typing import NDArray

from headwater.engines.watch.kernels import EMPTY, kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@kernel
def find(parent: Ints, vertex: int) -> int:
    """Return the root of a vertex in a union-find forest, halving the path on the way."""
    while parent[vertex] != vertex:
        parent[vertex] = parent[parent[vertex]]
        vertex = parent[vertex]
    return vertex


@kernel
def best_rows(gain: Floats) -> Ints:
    """Return the column of each row in the assignment of greatest total gain; a row may stay alone at no gain.

    Shape: (rows, columns) -> (rows,).  Source: Jonker and Volgenant 1987, shortest augmenting paths.
    """
    rows, columns = gain.shape
    width = columns + rows  # each row has a column of its own that means: alone
    to_row = np.full(width + 1, EMPTY, np.int64)
    price_row, price_column = np.zeros(rows + 1), np.zeros(width + 1)
    for start in range(rows):
        least = np.full(width + 1, np.inf)
        came = np.full(width + 1, EMPTY, np.int64)
        seen = np.zeros(width + 1, np.bool_)
        at = width  # a column that stands outside, from which the path begins
        to_row[at] = start
        while True:
            seen[at] = True
            row, shortest, next_at = to_row[at], np.inf, EMPTY
            for column in range(width):
                if seen[column]:
                    continue
                if column < columns:
                    cost = -gain[row, column]
                elif column - columns == row:
                    cost = 0.0
                else:
                    cost = 1e9
                reduced = cost - price_row[row] - price_column[column]
                if reduced < least[column]:
                    least[column], came[column] = reduced, at
                if least[column] < shortest:
                    shortest, next_at = least[column], column
            for column in range(width + 1):
                if seen[column]:
                    price_row[to_row[column]] += shortest
                    price_column[column] -= shortest
                else:
                    least[column] -= shortest
            at = next_at
            if to_row[at] == EMPTY:
                break
        while at != width:
            before = came[at]
            to_row[at] = to_row[before]
            at = before
    result = np.full(rows, EMPTY, np.int64)
    for column in range(columns):
        if to_row[column] != EMPTY:
            result[to_row[column]] = column
    return result


@kernel
def assign(track_of: Ints, seen_of: Ints, gain: Floats, count: int, tracks: int, seen: int) -> tuple[Ints, Ints]:
    """Return the partner of each track and of each detection, over candidate pairs with their gain.

    Args:
        track_of: the track of each pair.
        seen_of: the detection of each pair.
        gain: what the pair adds to the log-likelihood above leaving both alone; pairs at or below 0 never help.
        count: how many pairs.
        tracks: how many tracks.
        seen: how many detections.
    Shape: (pairs,), (pairs,), (pairs,) -> (tracks,), (detections,).
    """
    partner, owner = np.full(tracks, EMPTY, np.int64), np.full(seen, EMPTY, np.int64)
    degree, rivals = np.zeros(tracks, np.int64), np.zeros(seen, np.int64)
    for pair in range(count):
        degree[track_of[pair]] += 1
        rivals[seen_of[pair]] += 1
    left = 0
    parent = np.arange(tracks + seen)
    open_pairs = np.empty(count, np.int64)
    for pair in range(count):
        track, one = track_of[pair], seen_of[pair]
        if degree[track] == 1 and rivals[one] == 1:  # the common case needs no search
            partner[track], owner[one] = one, track
            continue
        open_pairs[left] = pair
        left += 1
        parent[find(parent, track)] = find(parent, tracks + one)
    if left == 0:
        return partner, owner
    root = np.empty(left, np.int64)
    for at in range(left):
        root[at] = find(parent, track_of[open_pairs[at]])
    order = np.argsort(root)
    row_at, column_at = np.full(tracks, EMPTY, np.int64), np.full(seen, EMPTY, np.int64)
    begin = 0
    while begin < left:
        end = begin
        rows = columns = 0
        while end < left and root[order[end]] == root[order[begin]]:
            pair = open_pairs[order[end]]
            if row_at[track_of[pair]] == EMPTY:
                row_at[track_of[pair]] = rows
                rows += 1
            if column_at[seen_of[pair]] == EMPTY:
                column_at[seen_of[pair]] = columns
                columns += 1
            end += 1
        table = np.full((rows, columns), -1e9)
        tracks_here, seen_here = np.empty(rows, np.int64), np.empty(columns, np.int64)
        for at in range(begin, end):
            pair = open_pairs[order[at]]
            row, column = row_at[track_of[pair]], column_at[seen_of[pair]]
            table[row, column] = gain[pair]
            tracks_here[row], seen_here[column] = track_of[pair], seen_of[pair]
        chosen = best_rows(table)
        for row in range(rows):
            column = chosen[row]
            if column != EMPTY and table[row, column] > 0.0:
                partner[tracks_here[row]] = seen_here[column]
                owner[seen_here[column]] = tracks_here[row]
        begin = end
    return partner, owner

"""A share of long work, dealt like cards, so that each is like the others: of ``3/12`` the third of twelve."""

import argparse
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def dealt(things: Sequence[T], part: str) -> list[T]:
    """Return one share of some things.

    Args:
        things: all of them.
        part: which share, of how many; ``1/1`` is all.

    Raises:
        argparse.ArgumentTypeError: there is no such share.
    """
    which, _, of = part.partition("/")
    if not (which.isdecimal() and of.isdecimal() and 1 <= int(which) <= int(of)):
        raise argparse.ArgumentTypeError(f"{part} is no share: write 3/12 for the third of twelve")
    return list(things[int(which) - 1 :: int(of)])


def add_part(parser: argparse.ArgumentParser) -> None:
    """Let a command take ``--part``."""

    def part(text: str) -> str:
        dealt((), text)
        return text

    parser.add_argument(
        "--part", type=part, default="1/1", metavar="K/N", help="only this share of them, dealt like cards"
    )

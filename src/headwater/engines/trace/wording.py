"""Sentences with counts in them, as English writes them."""

import re
from typing import Final

_ONE: Final = re.compile(
    r"(?<![\d,.])1 (account|boat|contact|crossing|customer|day|engine|hire|hirer|hub|number|payer|payment|piece|seller|vehicle)s\b"
)


def counted(text: str) -> str:
    """Return a text in which one of a thing is one thing."""
    return _ONE.sub(r"1 \1", text)

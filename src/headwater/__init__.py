"""headwater: authorities act upstream, together, against organised immigration crime.

This file imports nothing, so that `import headwater` costs nothing. Each door names what it needs.
"""

__version__ = "0.1.0"

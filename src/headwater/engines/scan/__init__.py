"""The scan engine: X-ray images of vehicles to materials, and to what may be hidden in them, with measured error rates.

Arrays come in and go out; bytes are parsed in `formats`, files are opened in `node`.
"""

from headwater.engines.scan.attenuation import ln_transmission, mass_attenuation

__all__ = ["ln_transmission", "mass_attenuation"]

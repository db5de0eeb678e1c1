"""Made-up vehicles, loads and hidden things for the X-ray room: every one drawn from a seed, none a copy of a real one."""

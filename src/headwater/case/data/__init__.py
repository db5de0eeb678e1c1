"""What the room ships as data: offence elements, legal bases, and the two files that go into every bundle as they are.

`verify.py` is both: the file that a stranger runs, and the module that `headwater case verify` runs.
"""

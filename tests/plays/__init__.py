"""Plays: stories of acts at one node or several, of which all is held that each act gave and changed (`play.py`)."""

"""The exercise: a fictional scenario, the generators behind it, and the demo that plays it through the real doors."""

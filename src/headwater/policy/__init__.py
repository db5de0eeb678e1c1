"""The one place that decides: what a user may do and see, and what may leave the house, each answer with its rule."""

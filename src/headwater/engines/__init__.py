"""The engines: what works findings out of a view. Each is a folder of its own and knows nothing of the others."""

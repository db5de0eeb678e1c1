"""How a test's directory says that its store is in PostgreSQL."""

MARK = "store.postgres"
"""A file with the schema that the store is in, and the directory that it is of."""

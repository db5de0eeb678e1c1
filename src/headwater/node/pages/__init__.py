"""What the analyst's page shows: one frozen read model for each page, made under the rights of the reader."""

"""Segments as code: read definitions from YAML, check them without a database, compare and explain them."""

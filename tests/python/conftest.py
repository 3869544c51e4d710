"""Shared by all tests: this folder is on the path, so that tests import their fixtures' makers."""

"""Dagster: one asset graph from inbox files to published marts. Imports `segmentry`; never the other way round."""

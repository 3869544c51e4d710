"""The warehouse file that nobody but a build opens: built by dbt, recorded, and read again by publishing."""

from segmentry.warehouse.building import build
from segmentry.warehouse.record import BuildRecord, read_record, require_green
from segmentry.warehouse.request import BuildListener, BuildRequest

__all__ = ["BuildListener", "BuildRecord", "BuildRequest", "build", "read_record", "require_green"]

"""Landing: load the files of the inbox as raw Parquet, and account for every row."""

from segmentry.landing.engine import LandedFile, RejectedCell, land
from segmentry.landing.held_files import hold, release
from segmentry.landing.reasons import LandingError

__all__ = ["LandedFile", "LandingError", "RejectedCell", "hold", "land", "release"]

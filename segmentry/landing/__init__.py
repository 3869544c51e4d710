"""Landing: files of the inbox become raw Parquet files, row by row accounted for."""

from segmentry.landing.engine import LandedFile, RejectedCell, land
from segmentry.landing.held_files import hold, release
from segmentry.landing.reasons import LandingError

__all__ = ["LandedFile", "LandingError", "RejectedCell", "hold", "land", "release"]

"""Compare the marts of two builds row by row, if need be across renames."""

from segmentry.comparison.renames import Renames, read_renames
from segmentry.comparison.tables import NOT_COMPARED, TableComparison, compare

__all__ = ["NOT_COMPARED", "Renames", "TableComparison", "compare", "read_renames"]

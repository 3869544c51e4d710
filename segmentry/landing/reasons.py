"""Why a file is refused or a row quarantined, and what to do. No text contains a value of the file."""

from __future__ import annotations

from segmentry.errors import EnvironmentProblemError

CELL_REMEDIES = {
    "missing_required": "Fill the column: the contract requires it.",
    "missing_one_of": "Fill at least one of these columns.",
    "not_a_number": "Write a plain number with a decimal point, without thousands separators or currency signs.",
    "not_an_integer": "Write a whole number.",
    "not_a_boolean": "Write true or false.",
    "not_a_date": "Write the date as YYYY-MM-DD.",
    "not_a_timestamp": "Write the instant as YYYY-MM-DDTHH:MM:SS with its zone (Z or +HH:MM).",
    "ambiguous_date": "Write the date as YYYY-MM-DD: it is unclear which number is the day.",
    "no_time_zone": "Add the zone (Z or +HH:MM), or declare the column's timezone in the contract.",
    "nonexistent_local_time": "This local time was skipped when clocks went forward: write it with its offset.",
    "ambiguous_local_time": "This local time occurred twice when clocks went back: write it with its offset.",
    "epoch_number": "Convert the number of seconds or milliseconds to YYYY-MM-DDTHH:MM:SSZ.",
    "ambiguous_thousands": "Write 1000 or 1: 1.000 is a thousand in some countries.",
    "float_id": "Export the id as text or as an integer: it was rounded when it became a float.",
    "placeholder_id": "Leave the id empty where there is none: this value stands for no id.",
    "not_finite": "Leave the cell empty instead of NaN or Infinity.",
    "too_many_decimals": "Round to the decimals that the contract and the currency allow.",
    "out_of_range": "The number is outside what the contract allows.",
    "below_minimum": "The number is below the contract's minimum. Amounts are 0 or more: kind gives the sign.",
    "not_in_set": "Use one of the values that the contract lists.",
    "not_a_country": "Use the ISO 3166-1 alpha-2 code in capitals.",
    "not_a_currency": "Use the ISO 4217 code in capitals.",
    "not_a_language": "Use a BCP 47 tag such as en or pt-BR.",
    "not_json": "Write valid JSON (an array where the contract says json_array).",
    "too_deep_json": "Flatten the JSON: at most 100 levels.",
    "too_long": "Shorten the value to what the contract allows.",
    "control_character": "Remove control characters and marks of text direction.",
    "too_long_ago": "The time is before the contract's earliest day: correct the sender's clock.",
    "in_the_future": "The time is more than a day after the row was received: correct the sender's clock.",
    "ragged_row": "The row has more or fewer cells than the header: check commas and quotes.",
    "unbalanced_quotes": "Close the quotation mark, and double the ones inside a quoted cell.",
    "unterminated_last_record": "The file may be truncated. End its last line, or put a manifest beside it.",
    "malformed_json": "The line is not valid JSON.",
    "not_an_object": "Each line must be one JSON object.",
    "duplicate_key": "The object names the same column twice.",
    "not_utf8_row": "Write the file in UTF-8.",
}
"""Remedy by reason code of a row or cell. Row rules of a contract have the remedy ROW_RULE_REMEDY."""

ROW_RULE_REMEDY = "The row breaks the contract's row rule of this name."

FILE_REMEDIES = {
    "symlink": "Put the file itself into the inbox. Links are not followed.",
    "not_a_regular_file": "Put plain files into the inbox: no folders, pipes or devices.",
    "odd_file_name": "Rename it. Use letters, digits, spaces and . _ - ( ) + = @ , and begin with a letter or digit.",
    "unknown_format": "Use .csv, .ndjson, .jsonl (each also .gz) or .parquet.",
    "unreadable_file": "Give the user who runs Segmentry read access to the file.",
    "empty_file": "An empty file looks like a failed export. To send no rows, send the header alone.",
    "corrupt_gzip": "The gzip file is truncated or damaged: send it again.",
    "not_text": "The file contains NUL bytes or is UTF-16: write it as UTF-8.",
    "not_utf8_header": "Write the file in UTF-8.",
    "unreadable_header": "The first line is not a CSV header: check its quotes.",
    "missing_columns": "Name these columns in the first line (any case), or add your names to the contract.",
    "duplicate_columns": "Give every column its own name.",
    "unusable_column_name": "Rename the column: empty names and file_row_number cannot be read from Parquet.",
    "unsupported_type": "Write the column as text, number, boolean, date or timestamp: binary is not read.",
    "unreadable_parquet": "The Parquet file is truncated or damaged: send it again.",
    "record_too_long": "A line is longer than 32 million characters: split it.",
    "needs_too_much_memory": "Split the file, or write Parquet with smaller row groups and shorter cells.",
    "bad_manifest": 'The manifest must be JSON with "records" and "sha256".',
    "manifest_disagrees": "The file and its manifest are not from the same export: send both again.",
    "name_reused": "A file with this name and other content has landed: send this one under a new name.",
    "changed_while_reading": "The file was still being written: write it elsewhere and move it into the inbox.",
    "counts_disagree": "Rows read, accepted and quarantined do not add up; nothing was kept. Report it as a bug.",
}
"""Remedy by reason code of a refused file."""


class RefusedFileError(Exception):
    """A file that is refused. ``code`` is a key of FILE_REMEDIES; ``columns`` are names from the contract."""

    def __init__(self, code: str, columns: tuple[str, ...] = ()) -> None:
        """Keep the code and the columns concerned."""
        self.code = code
        self.columns = columns
        super().__init__(self.reason)

    @property
    def reason(self) -> str:
        """The code, with the columns concerned."""
        return f"{self.code}:{'|'.join(self.columns)}" if self.columns else self.code

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return FILE_REMEDIES[self.code]


class LandingError(EnvironmentProblemError):
    """Landing cannot go on (configuration, disk, memory). The file stays in the inbox."""


def cell_remedy(code: str) -> str:
    """The remedy for a reason code of a row or cell."""
    return CELL_REMEDIES.get(code, ROW_RULE_REMEDY)

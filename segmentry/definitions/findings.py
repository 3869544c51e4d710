"""What a check of the definitions says, and the list of checks."""

from __future__ import annotations

from dataclasses import dataclass

CHECKS = {
    "SEG101": "the YAML cannot be read",
    "SEG102": "a required key is missing",
    "SEG103": "a key is not known",
    "SEG104": "a key is written twice",
    "SEG105": "a name is not lower case with underscores",
    "SEG106": "a value has the wrong type",
    "SEG107": "the file and its definition do not fit together",
    "SEG108": "a dimension is defined twice",
    "SEG109": "a segment key is used twice",
    "SEG110": "a rule id is used twice",
    "SEG111": "an exclusive dimension has no catch-all",
    "SEG112": "a dimension has too many segments",
    "SEG113": "a group of rules is empty or no group",
    "SEG201": "a feature is not in the catalogue",
    "SEG202": "an operator is not known",
    "SEG203": "an operator does not fit the feature's type",
    "SEG204": "a rule's value has the wrong form or type",
    "SEG205": "a list of values is empty",
    "SEG206": "a range has its limits the wrong way round",
    "SEG207": "a window is longer than the history",
    "SEG208": "a feature is personal data",
    "SEG209": "a protected attribute has no waiver",
    "SEG210": "a segment that is referred to does not exist",
    "SEG211": "segments refer to each other in a circle",
    "SEG301": "rules contradict each other",
    "SEG302": "a rule is written twice",
    "SEG303": "two segments have the same rules",
    "SEG304": "a segment can never be reached",
    "SEG401": "the goal KPI does not exist",
    "SEG402": "the review date is no date",
    "SEG403": "the review date has passed",
    "SEG404": "hysteresis days make no sense",
    "SEG405": "the hold-out share makes no sense",
    "SEG406": "the minimum size makes no sense",
    "SEG407": "the version is no whole number from 1",
    "SEG408": "rules changed and the version did not",
    "SEG501": "a fixture gives an unknown feature",
    "SEG502": "a fixture names an unknown rule",
    "SEG503": "a fixture's value has the wrong type",
    "SEG504": "a fixture expects something that does not exist",
    "SEG505": "two fixtures contradict each other",
    "SEG506": "a fixture and its rules do not agree",
}
"""Code -> what is wrong, in a few words. `docs/segments/lint/<code>.md` has an example, the reason and the remedy."""


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that is wrong, at one line of one file (relative to the project)."""

    file: str
    line: int
    code: str
    message: str

    def __str__(self) -> str:
        """As compilers write it: `file:line: code message`."""
        return f"{self.file}:{self.line}: {self.code} {self.message}"

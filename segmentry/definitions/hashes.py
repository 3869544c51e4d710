"""The hashes by which a definition is known."""

from __future__ import annotations

import hashlib
import json

from segmentry.definitions.model import CATCH_ALL, Dimension


def md5(text: str) -> str:
    """The MD5 of a text, as hex."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def rule_hash(dimension: Dimension, index: int) -> str:
    """Of what decides membership alone: rules and days of waiting, whatever the order of their keys."""
    raw = dimension.source["segments"][index]
    content = {
        "rules": raw.get("rules"),
        "enter_after_days": raw.get("enter_after_days", 0),
        "exit_after_days": raw.get("exit_after_days", 0),
    }
    return md5(json.dumps(content, sort_keys=True, default=str))


def definition_hash(dimension: Dimension) -> str:
    """Of all rules of a dimension, in the order of its segments."""
    return md5(",".join(f"{segment.key}={rule_hash(dimension, index)}" for index, segment in dimension.segments))


def rule_key(dimension: str, segment: str, rule: object) -> int:
    """A number for a rule that no other definition changes. Two of 500 rules share one in one project of 2,000."""
    return int(md5(f"{dimension}.{segment}.{rule}")[:7], 16)


UNKNOWN_HASH = md5(CATCH_ALL)

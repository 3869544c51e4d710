"""YAML that remembers where each key stands, so that a message can name the line."""

from __future__ import annotations

from collections.abc import Generator, Hashable, Sequence
from typing import Any

import yaml

# the parser in C where it is installed: a project's YAML in a tenth of the time
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class LocatedMapping(dict[Any, Any]):
    """A mapping with the line (from 1) of itself and of each key, and the keys that were written twice."""

    def __init__(self, line: int) -> None:
        """Empty; the loader fills it."""
        super().__init__()
        self.line = line
        self.lines: dict[Hashable, int] = {}
        self.repeated: dict[Hashable, int] = {}


class LocatedSequence(list[Any]):
    """A sequence with the line (from 1) of itself and of each item."""

    def __init__(self, line: int) -> None:
        """Empty; the loader fills it."""
        super().__init__()
        self.line = line
        self.lines: list[int] = []


class _Loader(_Base):  # type: ignore[misc]
    def _mapping(self, node: yaml.MappingNode) -> Generator[LocatedMapping, None, None]:
        found = LocatedMapping(node.start_mark.line + 1)
        yield found
        written_here = {id(key_node) for key_node, _ in node.value}
        own: set[Hashable] = set()
        self.flatten_mapping(node)  # `<<: *anchor`, whose keys may be written again
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                raise yaml.constructor.ConstructorError(None, None, "a key is no plain value", key_node.start_mark)
            line = key_node.start_mark.line + 1
            if key in own:
                found.repeated[key] = line
            if id(key_node) in written_here:
                own.add(key)
            found.lines[key] = line
            found[key] = self.construct_object(value_node)

    def _sequence(self, node: yaml.SequenceNode) -> Generator[LocatedSequence, None, None]:
        found = LocatedSequence(node.start_mark.line + 1)
        yield found
        for item in node.value:
            found.lines.append(item.start_mark.line + 1)
            found.append(self.construct_object(item))


_Loader.add_constructor("tag:yaml.org,2002:map", _Loader._mapping)
_Loader.add_constructor("tag:yaml.org,2002:seq", _Loader._sequence)


def load(text: str) -> Any:
    """The document of a YAML text. Raises yaml.YAMLError (also for values YAML cannot hold, such as 31 February)."""
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 (a SafeLoader)
    except (ValueError, RecursionError, OverflowError) as error:
        raise yaml.YAMLError(f"{type(error).__name__}: {error}") from None


def error_line(error: yaml.YAMLError) -> int:
    """The line of a parse error, 1 when YAML names none."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return mark.line + 1 if mark else 1


def line_of(document: Any, path: Sequence[Hashable]) -> int:
    """The line of the deepest part of `path` that exists in the document; parts that are not in it are passed over."""
    line = getattr(document, "line", 1)
    for part in path:
        in_mapping = isinstance(document, LocatedMapping) and part in document.lines
        if in_mapping or (isinstance(document, LocatedSequence) and isinstance(part, int) and part < len(document)):
            line, document = document.lines[part], document[part]
    return line

"""How work that takes a while reports how far it is."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with the step that was done, the number of steps done, and the number of steps in all."""

"""The demo company: deterministic feeds of one B2B software firm with a shop, and the truth they were drawn from."""

from __future__ import annotations

from segmentry.demo.generator import generate

__all__ = ["generate"]

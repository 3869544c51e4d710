"""Write, audit, publish: the marts leave the build file as a new, checked generation, or not at all."""

from segmentry.publishing.generation import Generation, Manifest, generations
from segmentry.publishing.ledger import LedgerRow, read_ledger
from segmentry.publishing.publisher import current_generation, publish, rollback

__all__ = [
    "Generation",
    "LedgerRow",
    "Manifest",
    "current_generation",
    "generations",
    "publish",
    "read_ledger",
    "rollback",
]

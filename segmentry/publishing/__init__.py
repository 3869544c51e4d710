"""Write, audit, publish: copy the marts of a build into a new generation, and publish it if the audit passes."""

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

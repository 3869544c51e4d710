"""Activation: export audiences from the published marts, and deliver each change to other tools exactly once."""

from segmentry.activation.delivery import Delivery, deliver
from segmentry.activation.destinations import Batch, Destination, destination
from segmentry.activation.exports import AudienceExport, audience_exports, audience_keys, export_audience

__all__ = [
    "AudienceExport",
    "Batch",
    "Delivery",
    "Destination",
    "audience_exports",
    "audience_keys",
    "deliver",
    "destination",
    "export_audience",
]

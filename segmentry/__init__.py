"""Segmentry: a customer-segmentation warehouse. Raw feeds in; audited segment tables and KPI marts out."""

__version__ = "0.2.0"

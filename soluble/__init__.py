"""Soluble Signals: models, evidence and explorers of the soluble network of non-small cell lung cancer."""

__version__ = "0.1.0"

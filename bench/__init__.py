"""Speeds and weights, measured and printed. Not shipped with the package."""

"""Measures that the field reports, each a function of two series."""

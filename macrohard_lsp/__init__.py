"""Macrohard: a software team that lives in a language server."""

__version__ = "0.1.0"

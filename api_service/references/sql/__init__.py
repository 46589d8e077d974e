"""Statements about references."""

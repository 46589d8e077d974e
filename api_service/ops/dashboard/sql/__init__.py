"""Statements of the dashboard."""

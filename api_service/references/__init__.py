"""Searches for rows that refer to missing rows (docs/decisions/0014)."""

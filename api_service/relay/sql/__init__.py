"""The relay's own statements."""

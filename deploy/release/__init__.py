"""Builds a release from the commit that is checked out, and tries its wheel."""

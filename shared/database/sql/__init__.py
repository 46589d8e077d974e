"""Statements about the instances that use the database."""

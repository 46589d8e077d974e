"""Rows that refer to others without a foreign key (docs/decisions/0014): whether what they refer to is there."""

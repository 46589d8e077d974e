"""Rows that refer to other rows without a foreign key (docs/decisions/0014): finds those that refer to nothing."""

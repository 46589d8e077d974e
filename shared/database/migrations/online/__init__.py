"""Migrations that lead to the same schema as the files of the same names, for large tables in use."""

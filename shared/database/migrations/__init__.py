"""The database's history: one .sql file a step, named by its number and what it does."""

"""The history of the database's schema: one .sql file for each change, named by its number and its purpose."""

"""The statements that both services share, in .sql files, each named and explained."""

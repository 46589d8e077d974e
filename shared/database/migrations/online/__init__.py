"""Other ways to the same schema as the shipped files of these names, for tables that are large and in use."""

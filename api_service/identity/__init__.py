"""Who is calling: bearer tokens, the keys that verify them, the roles they carry."""

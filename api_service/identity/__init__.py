"""The caller of a request: bearer tokens, the keys that verify them, the roles that they carry."""

"""What we say in each language: one .toml file a language, one table a kind."""

"""The built-in texts, one file a language."""

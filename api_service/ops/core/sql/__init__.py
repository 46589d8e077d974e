"""SQL, read by name."""

"""The e-mail channel's statements."""

"""What a client may know and say about themselves."""

"""How an event is told; a folder for each channel."""

"""A start that cannot go on: it says why in one message, waits for what will come back, and stops when told to."""

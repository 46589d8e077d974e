"""What is done to a running system, a file a victim. Each fault is a function of the arena."""

"""The way of a message: delivery, admission, work, outcome, retry, dead letter."""

"""The in-app notifications of a client."""

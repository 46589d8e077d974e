"""Consumes jobs, tells the client by e-mail and in-app notification, and commits how it went."""

"""Consumes jobs, tells clients by e-mail and in-app notification, and commits the outcomes."""

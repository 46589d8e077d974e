"""Imports appointments from another system, compares both systems' plans, and hands reminders back."""

"""Appointments: book, show, move and cancel them."""

"""Appointments: booking, looking at, moving and cancelling them."""

"""Doctors, their clinics' hours and zones."""

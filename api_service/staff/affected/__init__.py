"""Booked appointments that days off and hours no longer allow: which they are, and acts on all of them."""

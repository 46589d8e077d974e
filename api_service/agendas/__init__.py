"""The agenda of a doctor's day, by e-mail: who wants one, and its planning."""

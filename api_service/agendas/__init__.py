"""Mails to doctors: the agenda of their day and its planning, and who hears of changes of the day."""

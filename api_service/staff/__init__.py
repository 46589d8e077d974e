"""The clinic's desk: the agenda, appointments of any client, who did what to them, and who came."""

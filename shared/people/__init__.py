"""Rules for the data of people: addresses, names, time zones."""

"""What a person's data may look like: addresses, names, languages, time zones."""

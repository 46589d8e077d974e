"""The SMTP client: sessions, replies and their meaning, the circuit."""

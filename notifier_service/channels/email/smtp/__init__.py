"""The SMTP client: sessions, replies and what they mean, the circuit."""

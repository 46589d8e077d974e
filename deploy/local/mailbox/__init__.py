"""A development mailbox: a real SMTP server that keeps what it receives, shows it, and fails on request."""

"""A development mailbox: a real SMTP server that keeps and shows its mails, and fails on request."""

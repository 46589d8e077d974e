"""Signed tokens for links in mails."""

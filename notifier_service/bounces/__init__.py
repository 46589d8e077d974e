"""Takes returned mails: an LMTP server to which an MTA hands bounces."""

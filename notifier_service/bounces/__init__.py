"""Takes the mails that come back: an LMTP server that an MTA hands bounces to."""

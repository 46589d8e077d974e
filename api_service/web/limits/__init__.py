"""The limits of callers: token buckets, and the address that counts as one caller."""

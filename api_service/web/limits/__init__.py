"""The limits of callers: token buckets, and the address that identifies a caller."""

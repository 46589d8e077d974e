"""How much a caller may ask for: token buckets, and who counts as one caller."""

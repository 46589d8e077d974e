"""Re-plans booked appointments that are still ahead, when the law of their zone has changed."""

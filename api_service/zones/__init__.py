"""Plans anew what is booked and still ahead, when a zone has got another law."""

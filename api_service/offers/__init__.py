"""Offers of other times to clients whose appointment cannot take place as booked, and the times held for them."""

"""What both services of Punctual mean by the same word; imports neither of them."""

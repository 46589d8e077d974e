"""The tests of Punctual."""

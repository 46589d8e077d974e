"""The statements of all channels, in .sql files, each named and explained."""

"""The notifier's own statements, in .sql files, each named and explained."""

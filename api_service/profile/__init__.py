"""Profiles of clients: name, address, language, zone and preferences."""

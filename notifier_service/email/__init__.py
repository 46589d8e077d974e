"""E-mail: filling it, handing it over, and knowing what a refusal means."""

"""Requests that are wrong, over all routes: each is refused by name, stores nothing, and is no error of ours."""

"""One module a page: each reads a request, calls a use case or a store, and renders a template."""

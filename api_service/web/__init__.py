"""HTTP as every route has it: server, middlewares, errors, payloads, lists, limits, OpenAPI."""

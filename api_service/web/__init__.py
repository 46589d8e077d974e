"""HTTP that all routes share: server, middlewares, problems, payloads, lists, limits, OpenAPI."""

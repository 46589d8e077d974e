"""The OpenAPI document: built from the routes, and from the models that validate requests and type answers."""

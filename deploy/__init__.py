"""How Punctual is run: the local stack, real deployments beside it. Never in the wheel."""

"""How Punctual is run: the local stack here, real deployments in the folders beside it. Never in the wheel."""

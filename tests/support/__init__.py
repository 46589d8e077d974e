"""What tests stand on: private servers, databases, factories, waiting."""

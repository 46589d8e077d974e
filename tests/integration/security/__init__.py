"""What attackers, careless clients and broken peers may not do."""

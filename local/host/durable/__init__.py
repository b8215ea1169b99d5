"""The Durable side: orchestrations and entities over SQLite, one transaction per turn."""

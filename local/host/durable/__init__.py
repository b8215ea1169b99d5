"""Durable orchestrations and entities, with their state in SQLite and one transaction per turn."""

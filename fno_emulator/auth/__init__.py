"""The Entra ID tenant: its token endpoints and their certificates."""

"""Azurite, which stands in for Azure Storage: install it, start it, stop it."""

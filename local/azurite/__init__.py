"""Azurite, the emulator of Azure Storage: install it, start it, stop it."""

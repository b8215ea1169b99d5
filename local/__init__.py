"""Landfall on one machine, without Azure: the Functions host, Azurite and the demo."""

"""The embedded run: Functions host, Azurite and demo on one machine, without Azure."""

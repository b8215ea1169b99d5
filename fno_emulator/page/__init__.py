"""The emulator's page: what the data management workspace would show, for whoever wants to see what happened."""

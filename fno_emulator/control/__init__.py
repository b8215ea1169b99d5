"""The emulator's own API for tests: the operation log, the fault plan, the settings, and a look inside."""

"""What makes the emulator a test instrument: the operation log, the fault plan, and a look inside."""

"""`python -m landfall.fno`: data packages in and out of F&O from a shell, without any Azure."""

import signal

from landfall.fno.console.commands import app

signal.signal(signal.SIGTERM, signal.default_int_handler)
app(prog_name="python -m landfall.fno")

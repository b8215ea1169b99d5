"""`python -m landfall.fno`: data packages in and out of F&O from a shell, without any Azure."""

import logging
import signal

from landfall.cli.fno.commands import app

logging.getLogger().addHandler(logging.NullHandler())  # libraries' warnings may hold URLs
signal.signal(signal.SIGTERM, signal.default_int_handler)
app(prog_name="python -m landfall.fno")

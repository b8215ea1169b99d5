"""`python -m landfall.fno`: import and export F&O's data packages from a shell, without any Azure."""

import logging
import signal

from landfall.cli.fno.commands import app

logging.getLogger().addHandler(logging.NullHandler())  # warnings of libraries may hold URLs
signal.signal(signal.SIGTERM, signal.default_int_handler)
app(prog_name="python -m landfall.fno")

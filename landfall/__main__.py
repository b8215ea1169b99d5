"""`python -m landfall`: a deployed app, or the one that make up has started here, from a shell."""

import logging

from landfall.cli.commands import app

logging.getLogger().addHandler(logging.NullHandler())  # libraries' warnings may hold URLs
app(prog_name="python -m landfall")

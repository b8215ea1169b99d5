"""`python -m landfall`: use a deployed app, or the one that make up has started here, from a shell."""

import logging

from landfall.cli.commands import app

logging.getLogger().addHandler(logging.NullHandler())  # warnings of libraries may hold URLs
app(prog_name="python -m landfall")

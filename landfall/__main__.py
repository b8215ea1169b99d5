"""`python -m landfall`: a deployed app, or the one that make up has started here, from a shell."""

from landfall.console.commands import app

app(prog_name="python -m landfall")

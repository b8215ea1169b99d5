"""The list of what is served over HTTP: whoever adds routes adds their module here."""

from web import attempts, decisions, health, imports, lanes, openapi, run_files, runs

PARTS = (runs, run_files, attempts, decisions, imports, lanes, health, openapi)

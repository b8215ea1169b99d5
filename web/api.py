"""The list of what is served over HTTP: whoever adds routes adds their module here."""

from web import attempts, decisions, exports, health, imports, lanes, openapi, run_files, runs

PARTS = (runs, run_files, attempts, decisions, imports, exports, lanes, health, openapi)

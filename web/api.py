"""The list of what is served over HTTP: whoever adds routes adds their module here."""

from web import attempts, decisions, exports, health, imports, lanes, openapi, run_files, runs
from web.dashboard import actions, downloads, export_pages, lane_pages, run_pages, sign_in, static_files

API = (runs, run_files, attempts, decisions, imports, exports, lanes, health, openapi)
PAGES = (run_pages, downloads, export_pages, lane_pages, actions, sign_in, static_files)
PARTS = (*API, *PAGES)

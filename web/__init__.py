"""The HTTP API and the dashboard. Whoever adds routes adds their module to PARTS."""

from web import attempts, decisions, exports, health, imports, lanes, openapi, run_files, runs
from web.dashboard import actions, assets, downloads, run_pages, sign_in
from web.dashboard import exports as export_pages
from web.dashboard import lanes as lane_pages

API = (runs, run_files, attempts, decisions, imports, exports, lanes, health, openapi)
PAGES = (run_pages, downloads, export_pages, lane_pages, actions, sign_in, assets)
PARTS = (*API, *PAGES)

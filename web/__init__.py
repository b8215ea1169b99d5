"""The HTTP API and the dashboard. A module that adds routes belongs in PARTS."""

from web import (
    all_errors,
    attempts,
    bulk,
    dealing,
    decisions,
    environments,
    expected,
    exports,
    health,
    hints,
    imports,
    lanes,
    notices,
    openapi,
    run_files,
    runs,
)
from web.dashboard import actions, assets, downloads, run_page, sign_in
from web.dashboard import exports as exports_page
from web.dashboard import lanes as lanes_page
from web.dashboard import runs as runs_page

API = (
    runs,
    run_files,
    all_errors,
    attempts,
    decisions,
    dealing,
    bulk,
    imports,
    exports,
    lanes,
    notices,
    environments,
    expected,
    health,
    hints,
    openapi,
)
PAGES = (runs_page, run_page, downloads, exports_page, lanes_page, actions, sign_in, assets)
PARTS = (*API, *PAGES)

"""Pages from templates, with the headers that keep a browser from doing what no page asks for."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import azure.functions as func
import jinja2

from landfall.file_labels import FileLabel
from web.dashboard.assets import BASE, HEADERS, asset
from web.dashboard.words import count

_templates = jinja2.Environment(
    loader=jinja2.PackageLoader("web.dashboard"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.globals.update(base=BASE, asset=asset, count=count, FileLabel=FileLabel)


def page(
    template: str, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None, **values: Any
) -> func.HttpResponse:
    """A page; every value is escaped."""
    text = _templates.get_template(template).render(**values)
    return func.HttpResponse(
        text,
        status_code=status,
        mimetype="text/html",
        charset="utf-8",
        headers={**HEADERS, **(headers or {})},
    )


def redirect(path: str, headers: dict[str, str] | None = None) -> func.HttpResponse:
    """Send the browser to another page of the dashboard."""
    return func.HttpResponse(status_code=HTTPStatus.SEE_OTHER, headers={"Location": path, **(headers or {})})

"""Renders templates as pages, with headers that restrict what the browser loads and runs."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import azure.functions as func
import jinja2

from landfall.ledger.file_labels import FileLabel
from web.dashboard import words
from web.dashboard.assets import BASE, HEADERS, asset

_templates = jinja2.Environment(
    loader=jinja2.PackageLoader("web.dashboard"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.globals.update(
    base=BASE, asset=asset, count=words.count, status_words=words.status, stages=words.STAGES, FileLabel=FileLabel
)


def page(
    template: str, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None, **values: Any
) -> func.HttpResponse:
    """A page with every value escaped."""
    text = _templates.get_template(template).render(**values)
    return func.HttpResponse(
        text, status_code=status, mimetype="text/html", charset="utf-8", headers={**HEADERS, **(headers or {})}
    )


def redirect(path: str, headers: dict[str, str] | None = None) -> func.HttpResponse:
    """A response that sends the browser to another page of the dashboard."""
    return func.HttpResponse(status_code=HTTPStatus.SEE_OTHER, headers={"Location": path, **(headers or {})})

"""`landfall doctor`: tries a deployed app from outside, and says what to do about each thing that is wrong."""

import base64
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Annotated

import requests
import typer

from landfall.cli.app_api import AppApi, SilentError
from landfall.cli.app_flags import AppFlags
from landfall.cli.azure_cli import Az, AzError
from landfall.cli.deployed import Deployed
from landfall.cli.findings import Finding
from landfall.cli.fno.ends import EXIT_CODES, Outcome
from landfall.cli.fno.showing import clean, print_json
from landfall.cli.places import PlaceError

SKEW_SECONDS = 60.0
FORGED = {
    "auth_typ": "aad",
    "claims": [{"typ": "roles", "val": role} for role in ("Runs.Read", "Runs.Operate")],
    "name_typ": "name",
    "role_typ": "roles",
}
"""A sign-in that nobody made. Only the platform may say who is signed in."""


def ask_app(api: AppApi, now: Callable[[], float]) -> Iterator[Finding]:
    """What the app itself shows: its health, whom it lets in, and its clock."""
    try:
        health = api.look("health")
    except SilentError as error:
        yield Finding("health", str(error), "See whether the app runs: az functionapp show, and its log stream.")
        return
    yield _health(health)
    yield _forged(api)
    yield _clock(health, now())


def _health(answer: requests.Response) -> Finding:
    if answer.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN} or answer.is_redirect:
        todo = "Set LANDFALL_KEY to a function key. With API_CLIENT_ID, sign in at /api/health in a browser instead."
        return Finding("health", f"the app answered {answer.status_code}", todo, skipped=True)
    try:
        checks = answer.json()["checks"]
        failing = [f"{each['name']}: {each['detail']}" for each in checks if not each["ok"]]
    except (requests.JSONDecodeError, LookupError, TypeError):
        todo = "The functions did not load. See Host.Startup in the log, and run make check."
        return Finding("health", f"the app answered {answer.status_code} without its checks", todo)
    if failing:
        return Finding("health", "; ".join(failing), "docs/connecting.md says what each means.")
    return Finding("health", f"passed: {', '.join(each['name'] for each in checks)}")


def _forged(api: AppApi) -> Finding:
    principal = base64.b64encode(json.dumps(FORGED).encode()).decode()
    try:
        answer = api.look("runs?limit=1", {"x-ms-client-principal": principal, "x-functions-key": None})
    except SilentError as error:
        return Finding("forged sign-in", str(error), "Try again.", skipped=True)
    said = f"the app answered {answer.status_code}"
    if answer.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN} or answer.is_redirect:
        return Finding("forged sign-in", f"{said}, so nobody gets in by writing a header")
    if answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        todo = "The app expects a sign-in that the platform does not do. Set API_CLIENT_ID and run azd provision."
        return Finding("forged sign-in", said, todo)
    todo = "Stop the app now (az functionapp stop): anybody who writes this header is let in. See docs/deploying.md."
    return Finding("forged sign-in", said, todo)


def _clock(answer: requests.Response, now: float) -> Finding:
    said = answer.headers.get("Date")
    if said is None:
        return Finding("clock", "the app gave no time", skipped=True)
    skew = abs(parsedate_to_datetime(said).timestamp() - now)
    if skew <= SKEW_SECONDS:
        return Finding("clock", f"{skew:.0f} seconds from this machine's")
    return Finding("clock", f"{skew:.0f} seconds from this machine's", "Set this machine's clock: tokens depend on it.")


def ask_azure(environment: Mapping[str, str], az: Callable[[str], Az]) -> Iterator[Finding]:
    """What Azure Resource Manager shows, where the environment names the deployment and `az` is signed in."""
    names = ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZURE_FUNCTION_NAME", "LANDING_TOPIC_NAME")
    if missing := [name for name in names if not environment.get(name)]:
        todo = 'Run: set -a; eval "$(azd env get-values)"; set +a'
        yield Finding("Azure", f"{', '.join(missing)} not set", todo, skipped=True)
        return
    subscription, group, app, topic = (environment[name] for name in names)
    try:
        cli = az(subscription)
        cli.sign_in()
    except AzError as error:
        yield Finding("Azure", str(error), skipped=True)
        return
    yield from Deployed(cli, group, app, topic).findings()


def print_findings(found: Iterable[Finding], *, as_json: bool) -> bool:
    """Print each finding as it comes, or all as JSON; return whether nothing failed."""
    good, kept = True, []
    for each in found:
        good = good and each.ok
        kept.append({"check": each.name, "result": each.word, "detail": each.detail, "todo": each.todo})
        if not as_json:
            print(clean(f"{each.word:8}{each.name}: {each.detail}"), flush=True)  # noqa: T201  what the command is for
            if each.todo:
                print(clean(f"        {each.todo}"), flush=True)  # noqa: T201  the same
    if as_json:
        print_json(kept)
    return good


def doctor(
    flags: AppFlags,
    *,
    no_azure: Annotated[bool, typer.Option("--no-azure", help="Ask the app only, not Azure.")] = False,
) -> None:
    """Try a deployed app: health, sign-in, clock and, through the Azure CLI, events, roles, settings and log."""
    url = flags.url or os.environ.get("AZURE_FUNCTION_URL")
    if url is None:
        raise typer.BadParameter("Set --url or LANDFALL_URL to the deployed app's address.")

    def found() -> Iterator[Finding]:
        with closing(replace(flags, url=url).api()) as api:
            yield from ask_app(api, time.time)
        if not no_azure:
            yield from ask_azure(os.environ, Az)

    try:
        good = print_findings(found(), as_json=flags.as_json)
    except PlaceError as error:
        raise typer.BadParameter(str(error)) from None
    if not good:
        raise typer.Exit(EXIT_CODES[Outcome.FAILED])

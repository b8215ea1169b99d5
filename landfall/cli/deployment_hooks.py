"""`python -m landfall.cli.deployment_hooks preprovision|postdeploy`: what azd runs before and after it deploys.

It runs in the project's folder with the azd environment's variables, and needs nothing but Python and the Azure CLI.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timezone
from pathlib import Path

from landfall.cli.azure_cli import Az, AzError, Run, run_command

HOST_JSON = Path(__file__).parents[2] / "host.json"
TRIES = 10
WAIT_SECONDS = 30.0
PHASE_2 = "infra/landing-subscription.bicep"
PHASE_2_NEEDS = {
    "topicName": "LANDING_TOPIC_NAME",
    "appName": "AZURE_FUNCTION_NAME",
    "storageName": "DATA_STORAGE_NAME",
}
"""The parameters of the second phase, and the variables that hold main.bicep's outputs."""


class HookError(Exception):
    """The deployment cannot go on; the message says what to do."""


def prepare(environment: Mapping[str, str], run: Run, host_json: str, today: date) -> None:
    """Check the variables, register what the private network needs, and fix the budget's start."""
    if mistakes := list(mistakes_in(environment, host_json)):
        raise HookError("\n".join(mistakes))
    if environment.get("NETWORK") == "private":
        az = _signed_in(environment, run)
        az.do("provider", "register", "--namespace", "Microsoft.App", "--wait")
    if environment.get("MONTHLY_BUDGET") and not environment.get("BUDGET_START"):
        start = _budget_start(_signed_in(environment, run), environment, today)
        command = ["azd", "env", "set", "BUDGET_START", start, "--environment", environment.get("AZURE_ENV_NAME", "")]
        if ended := run(command).code:
            raise HookError(f"azd env set BUDGET_START {start} failed ({ended}). Run it yourself, then try again.")


def subscribe(
    environment: Mapping[str, str], run: Run, sleep: Callable[[float], None], say: Callable[[str], None]
) -> None:
    """Subscribe the blob trigger to files that land.

    Event Grid asks the app whether it wants that, so this is tried again until the app has started.
    """
    given = {name: environment.get(variable, "") for name, variable in PHASE_2_NEEDS.items()}
    group = environment.get("AZURE_RESOURCE_GROUP", "")
    if missing := [each for each in (*PHASE_2_NEEDS.values(), "AZURE_RESOURCE_GROUP") if not environment.get(each)]:
        raise HookError(f"{', '.join(missing)} not set. Run azd provision, then azd hooks run postdeploy.")
    az = _signed_in(environment, run)
    command = ["deployment", "group", "create", "--output", "none", "--name", "landing-subscription"]
    command += ["--resource-group", group, "--template-file", PHASE_2, "--parameters"]
    command += [f"{name}={value}" for name, value in given.items()]
    for left in reversed(range(TRIES)):
        try:
            az.do(*command)
        except AzError as error:
            if error.lasts:
                raise
            if not left:
                raise HookError(
                    f"{error}\nFiles that land are not announced yet; the sweeper imports them every few minutes. See "
                    "why the app does not start (az functionapp function list), then: azd hooks run postdeploy"
                ) from None
            say(f"{error}\nThe app does not answer yet; trying again in {WAIT_SECONDS:g} seconds.")
            sleep(WAIT_SECONDS)
        else:
            return


def mistakes_in(environment: Mapping[str, str], host_json: str) -> Iterator[str]:
    """Name every variable whose value the templates cannot use, with what to write instead."""
    for each in _items(environment, "APP_SETTINGS", ";"):
        if not re.fullmatch(r"\w+\s*=.*", each, re.DOTALL):
            yield f"APP_SETTINGS: '{each}' is not NAME=value. Separate settings by semicolons, as in A=1;B=2."
    for each in _items(environment, "SECRET_SETTINGS", ","):
        if not re.fullmatch(r"\w+", each):
            yield f"SECRET_SETTINGS: '{each}' is not the name of a setting. Separate names by commas, as in A,B."
    for each in _items(environment, "ALERT_EMAILS", ","):
        if not re.fullmatch(r"[^@\s;]+@[^@\s;]+", each):
            yield f"ALERT_EMAILS: '{each}' is not an e-mail address. Separate addresses by commas."
    for name, what in (("MONTHLY_BUDGET", "amount, such as 100"), ("RETENTION_DAYS", "number of days, such as 365")):
        value = environment.get(name, "").strip()
        if value and not re.fullmatch(r"[1-9]\d*", value, re.ASCII):
            yield f"{name}: '{value}' is not a whole number. Write the {what}, or nothing."
    wanted = environment.get("DURABLE_BACKEND") == "scheduler"
    if wanted != ('"azureManaged"' in host_json):
        named = "the Durable Task Scheduler" if not wanted else "Azure Storage"
        yield (
            f"DURABLE_BACKEND is '{environment.get('DURABLE_BACKEND') or 'storage'}', but host.json names {named}. "
            "Change one of them: see Durable Task Scheduler in docs/deploying.md."
        )


def _items(environment: Mapping[str, str], name: str, separator: str) -> list[str]:
    return [item.strip() for item in environment.get(name, "").split(separator) if item.strip()]


def _signed_in(environment: Mapping[str, str], run: Run) -> Az:
    subscription = environment.get("AZURE_SUBSCRIPTION_ID")
    if not subscription:
        raise HookError("AZURE_SUBSCRIPTION_ID is not set. Set it with azd env set AZURE_SUBSCRIPTION_ID ID.")
    az = Az(subscription, run)
    az.sign_in()
    return az


def _budget_start(az: Az, environment: Mapping[str, str], today: date) -> str:
    """The first day of the month in which this environment's budget was created, or of this month."""
    group = f"/resourceGroups/rg-{environment.get('AZURE_ENV_NAME', '')}"
    try:
        found = az.rest("get", f"{group}/providers/Microsoft.Consumption/budgets?api-version=2024-08-01")
    except AzError as error:
        if "ResourceGroupNotFound" not in str(error):
            raise
        found = {}
    starts = [
        str(each["properties"]["timePeriod"]["startDate"])[:10]
        for each in found.get("value", [])
        if str(each.get("name", "")).startswith("budget-")
    ]
    return starts[0] if starts else today.replace(day=1).isoformat()


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def main(name: str) -> int:
    """Run the hook of this name; return the exit code."""
    try:
        if name == "preprovision":
            today = datetime.now(timezone.utc).date()  # noqa: UP017  runs on older Pythons too
            prepare(os.environ, run_command, HOST_JSON.read_text(encoding="utf-8"), today)
        else:
            subscribe(os.environ, run_command, time.sleep, _say)
    except (HookError, AzError) as error:
        _say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

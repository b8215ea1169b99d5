"""The commands about many runs at once: deal-with, errors, and rerun of several."""

from typing import Annotated

import typer

from landfall.cli.app_api import new_key
from landfall.cli.app_flags import AppFlags
from landfall.cli.asking import REPEAT, asking
from landfall.cli.fno.ends import EXIT_CODES, Outcome
from landfall.cli.fno.showing import clean, console, print_json
from landfall.cli.run_options import OpenFailures, RequestKey, RunIds

DONE = 200


def deal_with(
    flags: AppFlags,
    *,
    run_ids: RunIds,
    reason: Annotated[str, typer.Option(help="Why nothing is to do about them. The runs record it.")],
    request: RequestKey = None,
) -> None:
    """Mark failures as dealt with, so that they leave the open failures."""
    act_on_many(flags, "dealt_with", run_ids, reason, request)


def save_errors(
    flags: AppFlags,
    *,
    route: Annotated[str | None, typer.Option(help="Only imports of this route.")] = None,
    company: Annotated[str | None, typer.Option(help="Only runs of this company.")] = None,
    open_failures: OpenFailures = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many runs at most, the newest.")] = 100,
) -> None:
    """Write the refused rows of many runs to stdout, as one CSV file whose last line says if there is more."""
    with asking(flags) as api:
        found = api.errors(limit, route=route, company=company, open_failure="true" if open_failures else None)
    typer.echo(found, nl=False)


def act_on_many(flags: AppFlags, action: str, run_ids: list[str], reason: str, request: str | None) -> None:
    """Act on runs, once whatever happens to the answer, and print what became of each; exit 1 if any was refused."""
    key = request or new_key()
    with asking(flags, REPEAT.format(key)) as api:
        answers = api.act_on_runs({"action": action, "runs": run_ids, "reason": reason}, key)
    if flags.as_json:
        print_json(answers)
    else:
        for each in answers:
            line = f"{each['run_id']}: {each['detail']}"
            console().print(clean(line), markup=False, soft_wrap=True)
    if any(each["status"] != DONE for each in answers):
        raise typer.Exit(EXIT_CODES[Outcome.FAILED])

"""Asks the app, and turns errors into a line on stderr and an exit code."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import typer
from azure.core.exceptions import AzureError

from landfall.cli.app_api import ApiError, AppApi, SilentError
from landfall.cli.app_flags import AppFlags
from landfall.cli.fno.ends import EXIT_CODES, USAGE, Outcome
from landfall.cli.fno.showing import Progress
from landfall.cli.following import NoRunError
from landfall.cli.places import PlaceError

REPEAT = ". Repeat the command with --request {}: Landfall carries it out once."
"""What to do about a change that was not answered, by its key."""


@contextmanager
def asking(flags: AppFlags, unless_answered: str = "") -> Iterator[AppApi]:
    """The app's API, and an end of the command with `unless_answered` where the app stays silent."""
    with exit_on_error(unless_answered), closing(flags.api()) as api:
        yield api


@contextmanager
def exit_on_error(unless_answered: str = "") -> Iterator[None]:
    """Turn errors into a line on stderr and an exit code."""
    try:
        yield
    except PlaceError as error:
        message, code = str(error), USAGE
    except SilentError as error:
        outcome = Outcome.UNKNOWN if unless_answered else Outcome.FAILED
        message, code = f"{error}{unless_answered}", EXIT_CODES[outcome]
    except (ApiError, NoRunError, ValueError) as error:
        message, code = str(error), EXIT_CODES[Outcome.FAILED]
    except AzureError as error:
        message = f"Uploading the file failed: {error.message}. Check --account-url and LANDFALL_STORAGE."
        code = EXIT_CODES[Outcome.FAILED]
    except KeyboardInterrupt:
        message, code = "Interrupted. A started run continues in the app.", EXIT_CODES[Outcome.UNKNOWN]
    else:
        return
    Progress().note(message)
    raise typer.Exit(code)

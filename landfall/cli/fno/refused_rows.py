"""Brings what F&O keeps about refused rows, a file per entity and stage."""

from pathlib import Path

from landfall.cli.fno.carrying import fetch
from landfall.cli.fno.desk import Desk, asked
from landfall.cli.fno.ends import CannotKnowError
from landfall.fno.error_files import KEYS, STAGING, error_file_name

KEYS_ASKS = 60
KEYS_SECONDS = 5.0
"""How often, and how far apart at most, F&O is asked for a file of keys that it is writing (fno-behaviour 4.5)."""


def save_refused_rows(desk: Desk, execution_id: str, folder: Path) -> list[Path]:
    """Write the files of every entity into `folder`; those that there were. Raises CannotKnowError and FnoError."""
    folder.mkdir(parents=True, exist_ok=True)
    saved = []
    for each in asked(desk, lambda: desk.client.entity_results(execution_id), "the entities"):
        for prefix, url in (
            (STAGING, _staging(desk, execution_id, each.entity)),
            (KEYS, _keys(desk, execution_id, each.entity)),
        ):
            if url:
                saved.append(folder / error_file_name(prefix, each.entity))
                fetch(desk, url, saved[-1], package=False)
    return saved


def _staging(desk: Desk, execution_id: str, entity: str) -> str:
    return asked(desk, lambda: desk.client.staging_errors_url(execution_id, entity), f"rows of {entity}")


def _keys(desk: Desk, execution_id: str, entity: str) -> str:
    about = f"keys of {entity}"
    if not asked(desk, lambda: desk.client.generate_error_keys(execution_id, entity), about):
        return ""
    for tries in range(KEYS_ASKS):
        if url := asked(desk, lambda: desk.client.error_keys_url(execution_id, entity), about):
            return url
        desk.say(f"F&O writes the {about}")
        desk.sleep(min(tries + 1, KEYS_SECONDS))
    raise CannotKnowError(f"F&O has not written the {about}, {KEYS_ASKS} times asked")

"""Saves the rows that F&O refused, and their keys, in a file per entity and stage."""

from pathlib import Path

from landfall.cli.fno.carrying import download
from landfall.cli.fno.desk import Desk, ask
from landfall.cli.fno.ends import CannotKnowError
from landfall.fno.error_files import KEYS, STAGING, error_file_name

KEYS_TRIES = 60
KEYS_SECONDS = 5.0
"""How often, and how far apart at most, to ask F&O for a file of keys that it is writing (fno-behaviour 4.5)."""


def save_refused_rows(desk: Desk, execution_id: str, folder: Path) -> list[Path]:
    """Write the refused rows of every entity into `folder`; return the files. Raises CannotKnowError and FnoError."""
    folder.mkdir(parents=True, exist_ok=True)
    saved = []
    for each in ask(desk, lambda: desk.client.entity_results(execution_id), "the entities"):
        for prefix, url in (
            (STAGING, _staging_url(desk, execution_id, each.entity)),
            (KEYS, _keys_url(desk, execution_id, each.entity)),
        ):
            if url:
                saved.append(folder / error_file_name(prefix, each.entity))
                download(desk, url, saved[-1], package=False)
    return saved


def _staging_url(desk: Desk, execution_id: str, entity: str) -> str:
    return ask(desk, lambda: desk.client.staging_errors_url(execution_id, entity), f"rows of {entity}")


def _keys_url(desk: Desk, execution_id: str, entity: str) -> str:
    about = f"keys of {entity}"
    if not ask(desk, lambda: desk.client.generate_error_keys(execution_id, entity), about):
        return ""
    for tries in range(KEYS_TRIES):
        if url := ask(desk, lambda: desk.client.error_keys_url(execution_id, entity), about):
            return url
        desk.say(f"F&O is writing the {about}")
        desk.sleep(min(tries + 1, KEYS_SECONDS))
    raise CannotKnowError(f"F&O has not written the {about} after {KEYS_TRIES} requests.")

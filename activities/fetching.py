"""Brings an exported package from F&O's storage to a place of ours where nobody reads it yet."""

from http import HTTPStatus

from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobClient

from landfall import plain_moves
from landfall.fno.addresses import is_on_premises
from landfall.fno.blobs import UntrustedUrlError, open_blob
from landfall.fno.plain_files import PlainFileError
from landfall.records import Run
from landfall.services import Services
from landfall.storage import EXPORTS
from landfall.targets import DELIVERING
from landfall.transfer import CopyRefusedError, Grant, move, pin

MAX_MOVES = 4
"""How often a package is fetched in a row; its URLs live for an hour (fno-behaviour 7.2)."""


class NotFetchedError(Exception):
    """The package did not arrive; the message says why, without its URL."""


def held_at(known: Services, run: Run) -> BlobClient:
    """Where the package lies until it is known to be whole."""
    return known.account.blob(f"{EXPORTS}/{DELIVERING}/{run.run_id}.zip")


def fetch(known: Services, run: Run) -> BlobClient | None:
    """The package, held; None while F&O names none. A move whose URL expired goes on under the next one.

    Raises NotFetchedError, what `move` and FnoClient raise, and azure-core's errors when storage is out of reach.
    """
    held = held_at(known, run)
    for _ in range(MAX_MOVES):
        url = known.fno_of(run).exported_package_url(str(run.execution_id))
        if not url:
            return None
        try:
            _bring(known, run, url, held)
        except HttpResponseError as error:
            # A HEAD's answer has no body to say which kind of refusal it is.
            if error.status_code != HTTPStatus.FORBIDDEN:
                raise
        except PlainFileError as error:
            if not error.again:
                raise NotFetchedError(str(error)) from None
        except (CopyRefusedError, UntrustedUrlError) as error:
            raise NotFetchedError(str(error)) from None
        else:
            return held
    raise NotFetchedError(
        f"F&O's storage refused {MAX_MOVES} URLs of the package in a row: they had expired, or it does not let us in"
    )


def _bring(known: Services, run: Run, url: str, held: BlobClient) -> None:
    fno, transfer, grant = known.fno_of(run), known.plan.transfer, Grant(url)
    if is_on_premises(fno.origin):
        plain_moves.fetch(fno, transfer.hosts, url, held)
        return
    offered = open_blob(url, fno.origin, transfer.hosts)
    move(pin(offered), held, lambda _: grant, mode=transfer.copy_mode)

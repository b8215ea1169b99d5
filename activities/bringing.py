"""How a package gets to F&O's storage: to a URL that F&O gives out, again when that has expired meanwhile."""

from azure.core.exceptions import HttpResponseError

from activities.landed import locate_package
from landfall import plain_moves
from landfall.blocks import is_expired
from landfall.fno.addresses import is_on_premises
from landfall.fno.blobs import UntrustedUrlError, open_blob
from landfall.fno.plain_files import PlainFileError
from landfall.records import Run
from landfall.services import Services
from landfall.transfer import CopyRefusedError, CorruptCopyError, md5s, move

MAX_MOVES = 4
"""How often a package is brought; write URLs live for half an hour (fno-behaviour 7.1)."""


class NotBroughtError(Exception):
    """The package did not get to F&O's storage, and trying again will not help."""


def bring_package(known: Services, run: Run) -> str:
    """Move the run's package to F&O's storage, compare it there, and give its URL: a secret.

    A move whose URL expired goes on under the next one. Raises NotBroughtError, what `locate` and FnoClient raise,
    and azure-core's errors or PlainFileError when storage is out of reach.
    """
    source, transfer = locate_package(known.account, run), known.plan.transfer
    plain = is_on_premises(known.fno_of(run).origin)
    hashes = None if plain or transfer.copy_mode == "stream" else md5s(source)
    trouble = ""
    for _ in range(MAX_MOVES):
        url = known.fno_of(run).write_url(f"{run.execution_id}.zip").url
        try:
            if plain:
                plain_moves.bring(known.fno_of(run), transfer.hosts, source, url)
            else:
                target = open_blob(url, known.fno_of(run).origin, transfer.hosts)
                move(source, target, known.account.read_grant, mode=transfer.copy_mode, hashes=hashes)
        except HttpResponseError as error:
            if not is_expired(error):
                raise
            trouble = "its write URL expired before it was there"
        except PlainFileError as error:
            if not error.again:
                raise
            trouble = str(error)
        except CorruptCopyError as error:
            trouble = str(error)
        except (CopyRefusedError, UntrustedUrlError) as error:
            raise NotBroughtError(str(error)) from None
        else:
            return url
    raise NotBroughtError(f"the package was sent to F&O's storage {MAX_MOVES} times in vain: {trouble}")

"""Carries package files between this machine and F&O's storage, in bounded memory."""

import zipfile
from collections.abc import Callable
from pathlib import Path

from azure.core.exceptions import AzureError, HttpResponseError
from rich.filesize import decimal

from landfall.cli.fno.desk import Desk
from landfall.cli.fno.ends import CannotKnowError, NotStartedError
from landfall.fno.addresses import is_on_premises
from landfall.fno.blobs import open_blob
from landfall.fno.plain_files import PlainFileError, Storage

BLOCK = 8 * 1024 * 1024
"""Bytes sent at once: what an upload holds in memory."""
MAX_MOVES = 4
"""How often a package is brought, to a new URL each time; they live for half an hour (fno-behaviour 7.1)."""


def bring(desk: Desk, package: Path, name: str) -> str:
    """Put the package where F&O says, under a name of its own; the URL, a secret. NotStartedError in the end."""
    trouble = ""
    for _ in range(MAX_MOVES):
        url = desk.client.write_url(name).url
        try:
            send(desk, package, url)
        except (AzureError, PlainFileError) as error:
            trouble = said(error)
            desk.say(f"The upload broke off ({trouble}); trying again")
        else:
            return url
    raise NotStartedError(f"the package was sent to F&O's storage {MAX_MOVES} times in vain: {trouble}")


def send(desk: Desk, package: Path, url: str) -> None:
    """Write a package to F&O's storage; azure-core's errors, PlainFileError and UntrustedUrlError."""
    size = package.stat().st_size
    if is_on_premises(desk.client.origin):
        with package.open("rb") as content:
            _plain(desk).put(url, content, size)
        return
    target = open_blob(url, desk.client.origin, desk.hosts, max_single_put_size=BLOCK, max_block_size=BLOCK)
    with package.open("rb") as content:
        target.upload_blob(
            content,
            length=size,
            overwrite=True,
            validate_content=True,
            progress_hook=_progress(desk, "Uploading", size),
        )


def fetch(desk: Desk, url: str, output: Path, *, package: bool = True) -> None:
    """Write a file of F&O's to `output`, which appears only when whole: an exported `package`, or another one.

    Raises CannotKnowError when it does not arrive: F&O has it still.
    """
    held = output.with_name(f"{output.name}.part")
    try:
        with held.open("wb") as file:
            if is_on_premises(desk.client.origin):
                with _plain(desk).opened(url) as pieces:
                    file.writelines(pieces)
            else:
                open_blob(url, desk.client.origin, desk.hosts).download_blob(
                    max_concurrency=1, progress_hook=_progress(desk, "Downloading", None)
                ).readinto(file)
        if package:
            _check_whole(held)
        held.replace(output)
    except (AzureError, PlainFileError) as error:
        raise CannotKnowError(f"{output.name} did not arrive: {said(error)}") from None
    except (zipfile.BadZipFile, OSError) as error:
        raise CannotKnowError(f"{output.name} did not arrive whole: {error}") from None
    finally:
        held.unlink(missing_ok=True)


def _check_whole(package: Path) -> None:
    with zipfile.ZipFile(package) as archive:
        if broken := archive.testzip():
            raise zipfile.BadZipFile(f"its {broken} is damaged")


def _plain(desk: Desk) -> Storage:
    return Storage(desk.client.origin, desk.hosts, desk.client.ca_bundle)


def said(error: AzureError | PlainFileError) -> str:
    """A storage's error in words; azure-core's own text may hold the URL."""
    if isinstance(error, PlainFileError):
        return str(error)
    if isinstance(error, HttpResponseError):
        code = getattr(error, "error_code", None)
        return f"{error.status_code} {getattr(code, 'value', code) or ''}".strip()
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__ or cause.__context__
    return getattr(cause, "strerror", None) or type(error).__name__


def _progress(desk: Desk, doing: str, size: int | None) -> Callable[[int, int | None], None]:
    def tell(done: int, total: int | None) -> None:
        whole = total if size is None else size
        desk.say(f"{doing} {decimal(done)}{f' of {decimal(whole)}' if whole else ''}")

    return tell

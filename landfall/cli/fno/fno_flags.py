"""The flags that say where F&O is and how to sign in; most of them may be FNO_* variables."""

import os
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from landfall.fno import EntraTokens, FnoClient, Identity
from landfall.fno.addresses import base_url
from landfall.fno.auth import PUBLIC_CLOUD
from landfall.fno.errors import AuthError

SECRET = "FNO_CLIENT_SECRET"  # noqa: S105  the variable's name
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def _flag(variable: str, text: str) -> Any:
    return typer.Option(envvar=variable, help=text, rich_help_panel="F&O")


@dataclass(frozen=True)
class FnoFlags:
    """The flags of every command.

    None of them holds the secret itself: everyone on the machine can see arguments (ps), and they stay in the shell's
    history. The secret comes from a variable or a file, which may be a pipe.
    """

    url: Annotated[str, _flag("FNO_URL", "The environment, like https://contoso.operations.dynamics.com.")]
    tenant: Annotated[str, _flag("FNO_TENANT", "The app registration's Microsoft Entra tenant.")] = ""
    client_id: Annotated[str, _flag("FNO_CLIENT_ID", "The app registration's client ID.")] = ""
    client_secret_file: Annotated[
        Path | None,
        typer.Option(
            help=f"File that holds the client secret, instead of the variable {SECRET}. Without either, Landfall "
            "signs in as a managed identity.",
            exists=True,
            dir_okay=False,
            rich_help_panel="F&O",
        ),
    ] = None
    certificate_file: Annotated[
        str, _flag("FNO_CERTIFICATE_FILE", "PEM or PFX file with its private key, instead of a secret.")
    ] = ""
    managed_identity: Annotated[
        str, _flag("FNO_MANAGED_IDENTITY", "Client ID of a managed identity that the app registration trusts.")
    ] = ""
    authority: Annotated[
        str, _flag("FNO_AUTHORITY", "Who issues tokens: Microsoft Entra, or an AD FS with the tenant adfs.")
    ] = PUBLIC_CLOUD
    ca_bundle: Annotated[
        str, _flag("FNO_CA_BUNDLE", "PEM file of the authorities to trust, instead of the public ones.")
    ] = ""
    host: Annotated[
        list[str] | None,
        typer.Option(
            help="A host besides Azure Blob Storage's where F&O keeps files; may be repeated.", rich_help_panel="F&O"
        ),
    ] = None

    def client(self) -> FnoClient:
        """Return a client of the environment; typer.BadParameter for settings that cannot be right."""
        if not is_private(self.url.strip()):
            raise typer.BadParameter(
                "It must be like https://contoso.operations.dynamics.com, because tokens are not sent in clear.",
                param_hint="--url",
            )
        origin = base_url(self.url)
        try:
            ssl.create_default_context(cafile=self.ca_bundle or None)
        except OSError as error:
            problem = f"{self.ca_bundle} holds no certificates ({error.strerror or error}). Name a PEM file."
            raise typer.BadParameter(problem, param_hint="--ca-bundle") from None
        identity = Identity(
            tenant=self.tenant or None,
            client_id=self.client_id or None,
            client_secret=self._secret(),
            certificate=os.environ.get("FNO_CERTIFICATE") or None,
            certificate_file=self.certificate_file or None,
            certificate_password=os.environ.get("FNO_CERTIFICATE_PASSWORD") or None,
            managed_identity=self.managed_identity or None,
            authority=self.authority,
            ca_bundle=self.ca_bundle or None,
        )
        try:
            return FnoClient(origin, EntraTokens(origin, identity), ca_bundle=identity.ca_bundle)
        except (AuthError, ValueError) as error:  # ValueError: azure-identity's, for a tenant or an authority
            raise typer.BadParameter(str(error)) from None

    def _secret(self) -> str | None:
        if self.client_secret_file is None:
            return os.environ.get(SECRET) or None
        return text_of(self.client_secret_file, "--client-secret-file") or None


def text_of(file: Path, option: str) -> str:
    """Return the text in a file that an option names; typer.BadParameter when it holds none."""
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise typer.BadParameter(f"{file} cannot be read as text.", param_hint=option) from None


def is_private(url: str) -> bool:
    """Return whether nobody can read what is sent to this URL: it is https, or on this machine."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  it is read when it is asked for
    except ValueError:
        return False
    if parts.scheme == "https":
        return bool(parts.hostname)
    return parts.scheme == "http" and parts.hostname in LOOPBACK

"""The F&O environments: where each one is and how the app signs in to it, from FNO_* app settings."""

from collections.abc import Collection, Iterator, Mapping

from pydantic import Field, HttpUrl, ValidationError

from landfall.config.mistakes import unknown
from landfall.config.types import Frozen
from landfall.fno.addresses import base_url
from landfall.fno.auth import PUBLIC_CLOUD, Identity
from landfall.fno.errors import AuthError

PREFIX = "FNO_"


class Fno(Frozen):
    """An F&O environment and the app's identity there, from FNO_* app settings."""

    url: HttpUrl
    """The environment's URL; on premises it ends in `/namespaces/AXSF`."""
    tenant: str | None = None
    """The app registration's tenant; `adfs` for AD FS. A managed identity does not need it."""
    client_id: str | None = None
    """The client ID registered in F&O: that of the app registration, or of a user-assigned managed identity."""
    client_secret: str | None = Field(default=None, repr=False)
    """The app registration's client secret, best as a Key Vault reference."""
    certificate: str | None = Field(default=None, repr=False)
    """Instead of a client secret: a certificate with its private key, as PEM, or as PFX in base64 as Key Vault returns
    it."""
    certificate_file: str | None = None
    """Instead of a client secret: the path of a file with such a certificate."""
    certificate_password: str | None = Field(default=None, repr=False)
    """The password of the certificate."""
    managed_identity: str | None = None
    """Instead of a client secret: the client ID of a managed identity that the app registration trusts."""
    authority: str = PUBLIC_CLOUD
    """The URL of the authority that issues tokens."""
    ca_bundle: str | None = None
    """A PEM file of certificate authorities to trust instead of the public ones."""

    @property
    def origin(self) -> str:
        """The environment's URL with the host in lower case and no trailing slash; every call starts with it."""
        return base_url(str(self.url))

    @property
    def identity(self) -> Identity:
        """How the app signs in to this environment."""
        return Identity(**self.model_dump(exclude={"url"}))


def prefix_of(name: str) -> str:
    """How the names of an environment's app settings begin; the one without a name has FNO_URL and so on."""
    return f"{PREFIX}{name.upper()}_" if name else PREFIX


def read_fno(environment: Mapping[str, str], name: str) -> Fno:
    """The environment of this name, from its app settings; ValueError says which are missing or wrong."""
    prefix = prefix_of(name)
    values = {field: environment.get(prefix + field.upper()) or None for field in Fno.model_fields}
    if values["url"] is None:
        raise ValueError(f"the app setting {prefix}URL is not set")
    try:
        fno = Fno.model_validate({field: value for field, value in values.items() if value is not None})
        fno.identity.credential()
    except ValidationError as error:
        wrong = [f"{prefix}{str(each['loc'][0]).upper()}: {each['msg']}" for each in error.errors()]
        raise ValueError("; ".join(wrong)) from None
    except AuthError as error:
        raise ValueError(str(error).replace(PREFIX, prefix)) from None
    return fno


def unknown_settings(environment: Mapping[str, str], names: Collection[str]) -> Iterator[str]:
    """What is wrong with each FNO_* app setting that belongs to none of these environments."""
    known = [prefix_of(name) + field.upper() for name in ("", *names) for field in Fno.model_fields]
    for setting, value in environment.items():
        if setting.startswith(PREFIX) and value and setting not in known:
            yield f"{setting}: {unknown(setting, known)}"

"""Why no connection can be made: the name, the port or the certificate, and which setting to check."""

import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from urllib3.exceptions import NameResolutionError, NewConnectionError, ProxyError


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the error and its causes; requests, urllib3 and azure-core each keep them in a place of their own."""
    while error is not None:
        yield error
        inner = getattr(error, "reason", None) or getattr(error, "inner_exception", None)
        inner = inner or next(iter(error.args), None)
        error = inner if isinstance(inner, BaseException) else error.__cause__ or error.__context__


def why_unreachable(error: BaseException, url: str, setting: str, ca_setting: str = "FNO_CA_BUNDLE") -> str | None:
    """Return what keeps connections from being made, and the setting to check; None for an error that may pass.

    `setting` names the address `url`, and `ca_setting` the authorities to trust.
    """
    parts, found = urlsplit(url if "://" in url else f"https://{url}"), list(causes(error))
    place = parts.netloc
    if any(isinstance(each, ProxyError) for each in found):
        return f"The proxy on the way to {place} cannot be reached. Check HTTPS_PROXY and NO_PROXY."
    for each in found:
        if isinstance(each, ssl.SSLCertVerificationError):
            why = getattr(each, "verify_message", None) or each
            return (
                f"The certificate of {place} is not trusted ({why}). Set {ca_setting} to a PEM file of its authority."
            )
        if isinstance(each, NameResolutionError):
            return f"DNS has no address for {parts.hostname}. Check {setting}."
        if isinstance(each, NewConnectionError):
            return f"{place} takes no connections. Check {setting}, and whether a firewall is in between."
    return None

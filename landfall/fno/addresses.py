"""An environment's address: the URL that calls go to, and the audience of its tokens."""

from urllib.parse import urlsplit

ON_PREMISES = "/namespaces/axsf"
"""The path of every F&O on premises (fno-behaviour 1.10)."""
PORTS = {"http": 80, "https": 443}


def base_url(text: str) -> str:
    """Return the URL to build calls from: host in lower case, no slash at the end; a path keeps its case."""
    parts = urlsplit(text.strip())
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def audience(url: str) -> str:
    """Return the audience that a token must have: the origin in lower case, without a slash or a path.

    F&O answers 401 to any other. On premises AD FS knows the environment by its origin too (fno-behaviour 8.1, 8.5).
    """
    parts = urlsplit(url.strip().lower())
    return f"{parts.scheme}://{parts.netloc}"


def is_on_premises(url: str) -> bool:
    """Return whether this is the address of an F&O on premises."""
    return urlsplit(url).path.rstrip("/").lower() == ON_PREMISES


def is_same_origin(url: str, other: str) -> bool:
    """Return whether two URLs have scheme, host and port in common; False for a URL that is invalid or names a user."""
    origin = _origin(url)
    return origin is not None and origin == _origin(other)


def _origin(url: str) -> tuple[str, str | None, int] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return None
    return None if port is None or "@" in parts.netloc else (parts.scheme, parts.hostname, port)

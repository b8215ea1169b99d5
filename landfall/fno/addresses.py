"""An environment's address: the URL that calls go to, and the audience of tokens for it."""

from urllib.parse import urlsplit

ON_PREMISES = "/namespaces/axsf"
"""What every path begins with where F&O runs on premises (fno-behaviour 1.10)."""


def base_url(text: str) -> str:
    """The URL as calls are put together from it: host in lower case, no slash at the end; paths keep their case."""
    parts = urlsplit(text.strip())
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def audience(url: str) -> str:
    """What a token must be for: the origin in lower case, without a slash and without a path.

    Otherwise F&O answers 401; on premises AD FS knows the environment by its origin too (fno-behaviour 8.1, 8.5).
    """
    parts = urlsplit(url.strip().lower())
    return f"{parts.scheme}://{parts.netloc}"


def is_on_premises(url: str) -> bool:
    """Whether F&O runs on premises, told by its path."""
    return urlsplit(url).path.rstrip("/").lower() == ON_PREMISES

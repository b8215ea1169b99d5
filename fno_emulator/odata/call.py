"""A request for records, alone or in a batch, as its path tells it."""

import re

from yarl import URL

_PATH = re.compile(r"/data/(?P<collection>\w+)(?:\((?P<key>.*)\)|(?P<counted>/\$count))?")


class Call:
    """One request.

    Args:
        method: GET, POST, PATCH, PUT or DELETE.
        url: path and query below the F&O URL: `/data/...`.
        if_match: the tag the record must have; `*` for any.
        body: JSON.

    Raises:
        ValueError: the path names neither a set nor a record of one.
    """

    def __init__(self, method: str, url: URL, if_match: str = "*", body: bytes = b"") -> None:
        match = _PATH.fullmatch(url.path)
        if match is None:
            raise ValueError(f"The request URI '{url}' names no entity set.")
        self.method = method
        self.url = url
        self.if_match = if_match
        self.body = body
        self.collection = match["collection"]
        self.key: str | None = match["key"]
        self.counted = match["counted"] is not None

    @property
    def operation(self) -> str:
        """What log and fault plan call it."""
        verb = {"POST": "Create", "PATCH": "Update", "PUT": "Update", "DELETE": "Delete"}.get(
            self.method, "Read"
        )
        return f"{'Count' if self.counted else verb} {self.collection}"

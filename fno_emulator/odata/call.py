"""A request for records, sent alone or in a batch."""

import re

from yarl import URL

_PATH = re.compile(r"/data/(?P<collection>\w+)(?:\((?P<key>.*)\)|(?P<counted>/\$count))?")


class NoSuchSet(Exception):  # noqa: N818 - the caller asked for something that does not exist
    """The request names no entity set."""


class NoSuchRecord(Exception):  # noqa: N818
    """The request names a record that does not exist."""


class Call:
    """A request for a set or for a record.

    Args:
        method: GET, POST, PATCH, PUT or DELETE.
        url: path and query below the F&O URL, such as `/data/Currencies`.
        if_match: the etag that the record must have; `*` accepts any.
        body: the JSON body.

    Raises:
        ValueError: the path names neither a set nor a record.
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
        """The operation's name in the log and the fault plan."""
        verb = {"POST": "Create", "PATCH": "Update", "PUT": "Update", "DELETE": "Delete"}.get(self.method, "Read")
        return f"{'Count' if self.counted else verb} {self.collection}"

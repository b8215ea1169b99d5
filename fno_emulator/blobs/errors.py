"""Azure Storage's refusals, as it words them on the wire."""

from uuid import uuid4
from xml.sax.saxutils import escape

from aiohttp import web

VERSION = "2021-12-02"


class StorageRefused(Exception):  # noqa: N818 - the service says no, nothing broke
    """A request the account refuses.

    Args:
        status: HTTP status.
        code: Azure Storage's error code.
        message: its text.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message

    def answer(self, *, with_body: bool = True) -> web.Response:
        """The XML answer; HEAD has none."""
        text = (
            f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{self.code}</Code>'
            f"<Message>{escape(self.message)}</Message></Error>"
        )
        response = web.Response(status=self.status, body=text.encode() if with_body else b"")
        response.headers.update(
            {"Content-Type": "application/xml", "x-ms-error-code": self.code, **headers()}
        )
        return response


def headers() -> dict[str, str]:
    """What the service puts on every answer."""
    return {"x-ms-request-id": str(uuid4()), "x-ms-version": VERSION, "Server": "Windows-Azure-Blob/1.0"}


def missing_header(name: str) -> StorageRefused:
    """A header the operation needs is not there."""
    return StorageRefused(
        400,
        "MissingRequiredHeader",
        f"An HTTP header that's mandatory for this request is not specified: {name}.",
    )


def not_found() -> StorageRefused:
    """There is no such blob."""
    return StorageRefused(404, "BlobNotFound", "The specified blob does not exist.")


def not_authenticated(detail: str) -> StorageRefused:
    """The SAS does not open the blob."""
    return StorageRefused(
        403,
        "AuthenticationFailed",
        "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly "
        f"including the signature. {detail}",
    )

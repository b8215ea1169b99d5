"""Azure Storage's error responses, word for word."""

from uuid import uuid4
from xml.sax.saxutils import escape

from aiohttp import web

VERSION = "2021-12-02"


class StorageRefused(Exception):  # noqa: N818 - a refusal, not a failure of the emulator
    """The account refuses a request.

    Args:
        status: HTTP status.
        code: Azure Storage's error code.
        message: Azure Storage's text.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message

    def answer(self, *, with_body: bool = True) -> web.Response:
        """The HTTP response with its XML body; a response to HEAD has no body."""
        text = (
            f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{self.code}</Code>'
            f"<Message>{escape(self.message)}</Message></Error>"
        )
        response = web.Response(status=self.status, body=text.encode() if with_body else b"")
        response.headers.update({"Content-Type": "application/xml", "x-ms-error-code": self.code, **headers()})
        return response


def headers() -> dict[str, str]:
    """The headers that the service puts on every response."""
    return {"x-ms-request-id": str(uuid4()), "x-ms-version": VERSION, "Server": "Windows-Azure-Blob/1.0"}


def missing_header(name: str) -> StorageRefused:
    """The error for a required header that the request lacks."""
    return StorageRefused(
        400, "MissingRequiredHeader", f"An HTTP header that's mandatory for this request is not specified: {name}."
    )


def not_found() -> StorageRefused:
    """The error for a blob that does not exist."""
    return StorageRefused(404, "BlobNotFound", "The specified blob does not exist.")


def not_authenticated(detail: str) -> StorageRefused:
    """The error for a SAS that does not grant access."""
    return StorageRefused(
        403,
        "AuthenticationFailed",
        "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly "
        f"including the signature. {detail}",
    )

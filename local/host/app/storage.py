"""Blob inputs, and the outputs that go to storage: blobs and queue messages."""

from __future__ import annotations

import base64
import json
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.functions.meta import Datum
from azure.storage.blob.aio import BlobServiceClient
from azure.storage.queue.aio import QueueClient

from local.host.app.bindings import Binding
from local.host.settings import connection_string, resolve

Metadata = Mapping[str, Datum]


class BindingDataError(Exception):
    """A binding's path uses a name that the trigger's metadata does not have."""


def blob_reference(connection: str, container: str, blob: str) -> Datum:
    """Return the data for a parameter with an SDK type: where the blob is, instead of its content."""
    content = json.dumps({"Connection": connection, "ContainerName": container, "BlobName": blob})
    model = SimpleNamespace(version="1.0", source="AzureStorageBlobs", content_type="application/json", content=content)
    return Datum(model, "model_binding_data")


def fill(text: str, metadata: Metadata, where: str) -> str:
    """Return a text with %SETTINGS% and {expressions} replaced: the trigger's metadata, rand-guid and DateTime.

    Raises:
        BindingDataError: the trigger's metadata has no value for an expression.
        SettingsError: a setting is missing.
    """

    def expression(match: re.Match[str]) -> str:
        name = match[1]
        if name == "rand-guid":
            return str(uuid.uuid4())
        if name == "DateTime":
            return datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
        if name not in metadata:
            names = ", ".join(sorted(metadata)) or "no values"
            raise BindingDataError(f"{where}: the trigger has no value '{name}'. It has {names}.")
        return str(metadata[name].value)

    return re.sub(r"\{([\w-]+)\}", expression, resolve(text, where))


async def read_blob(binding: Binding, metadata: Metadata, *, by_reference: bool) -> Datum:
    """Return a blob input's content or reference; empty data when the blob does not exist."""
    where = f"Blob input '{binding['name']}'"
    container, name = _path_of(binding, metadata, where)
    if by_reference:
        return blob_reference(str(binding["connection"]), container, name)
    async with _service_of(binding, where) as service:
        try:
            stream = await service.get_blob_client(container, name).download_blob()
        except ResourceNotFoundError:
            return Datum(None, None)
        return Datum(await stream.readall(), "bytes")


async def write_output(binding: Binding, data: Datum, metadata: Metadata, encoding: str) -> None:
    """Upload the blob or send the messages of an output; create the container or queue if it is missing.

    Raises:
        AzureError: the request to storage failed.
    """
    if binding["type"] == "blob":
        await _upload(binding, data, metadata)
    else:
        await _send(binding, data, metadata, encoding)


async def _upload(binding: Binding, data: Datum, metadata: Metadata) -> None:
    where = f"Blob output '{binding['name']}'"
    container, name = _path_of(binding, metadata, where)
    async with _service_of(binding, where) as service:
        blob = service.get_blob_client(container, name)
        try:
            await blob.upload_blob(data.value, overwrite=True)
        except ResourceNotFoundError:
            await service.create_container(container)
            await blob.upload_blob(data.value, overwrite=True)


def _path_of(binding: Binding, metadata: Metadata, where: str) -> tuple[str, str]:
    container, _, name = fill(str(binding["path"]), metadata, where).partition("/")
    return container, name


def _service_of(binding: Binding, where: str) -> BlobServiceClient:
    return BlobServiceClient.from_connection_string(connection_string(str(binding["connection"]), where))


async def _send(binding: Binding, data: Datum, metadata: Metadata, encoding: str) -> None:
    where = f"Queue output '{binding['name']}'"
    queue_name = fill(str(binding["queueName"]), metadata, where)
    async with QueueClient.from_connection_string(
        connection_string(str(binding["connection"]), where), queue_name
    ) as queue:
        for message in messages_of(data):
            await send(queue, encode_message(message, encoding))


async def send(queue: QueueClient, text: str) -> None:
    """Send one message; create the queue if it is missing."""
    try:
        await queue.send_message(text)
    except ResourceNotFoundError:
        try:
            await queue.create_queue()
        finally:
            await queue.send_message(text)


def messages_of(data: Datum) -> list[bytes]:
    """Return the messages of an output; a JSON list is one message per entry."""
    if data.type != "json":
        return [data.value.encode() if isinstance(data.value, str) else bytes(data.value)]
    value = json.loads(data.value)
    return [_body(each) for each in (value if isinstance(value, list) else [value])]


def encode_message(body: bytes, encoding: str) -> str:
    """Return a message in host.json's messageEncoding: base64 or none."""
    return body.decode() if encoding == "none" else base64.b64encode(body).decode()


def decode_message(text: str, encoding: str) -> str:
    """Return the text of a message in this encoding.

    Raises:
        ValueError: the message has another encoding.
    """
    return text if encoding == "none" else base64.b64decode(text, validate=True).decode()


def _body(message: Any) -> bytes:
    text = message.get("body", json.dumps(message)) if isinstance(message, dict) else message
    return str(text).encode()

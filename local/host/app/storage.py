"""Blob inputs and the outputs that go to storage: blobs and queue messages."""

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
    """A binding's path asks for something that the trigger does not bring."""


def blob_reference(connection: str, container: str, blob: str) -> Datum:
    """Build what SDK-type bindings get instead of content."""
    content = json.dumps({"Connection": connection, "ContainerName": container, "BlobName": blob})
    model = SimpleNamespace(
        version="1.0", source="AzureStorageBlobs", content_type="application/json", content=content
    )
    return Datum(model, "model_binding_data")


def fill(text: str, metadata: Metadata, where: str) -> str:
    """Replace %SETTINGS% and {expressions}: the trigger's metadata, rand-guid and DateTime.

    Raises:
        BindingDataError: the trigger brings nothing of an expression's name.
        SettingsError: a setting is missing.
    """

    def expression(match: re.Match[str]) -> str:
        name = match[1]
        if name == "rand-guid":
            return str(uuid.uuid4())
        if name == "DateTime":
            return datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
        if name not in metadata:
            known = ", ".join(sorted(metadata)) or "nothing"
            raise BindingDataError(f"{where}: the trigger brings no '{name}'; it brings {known}.")
        return str(metadata[name].value)

    return re.sub(r"\{([\w-]+)\}", expression, resolve(text, where))


async def read_blob(binding: Binding, metadata: Metadata, *, by_reference: bool) -> Datum:
    """Fetch a blob input's content, or its reference; nothing for a blob that is not there."""
    where = f"Blob input '{binding['name']}'"
    container, _, name = fill(str(binding["path"]), metadata, where).partition("/")
    if by_reference:
        return blob_reference(str(binding["connection"]), container, name)
    async with BlobServiceClient.from_connection_string(
        connection_string(str(binding["connection"]), where)
    ) as service:
        try:
            stream = await service.get_blob_client(container, name).download_blob()
        except ResourceNotFoundError:
            return Datum(None, None)
        return Datum(await stream.readall(), "bytes")


async def write_output(binding: Binding, data: Datum, metadata: Metadata, encoding: str) -> None:
    """Carry out an output: upload the blob, or send the messages; containers and queues are made when missing.

    Raises:
        AzureError: storage refuses.
    """
    if binding["type"] == "blob":
        await _upload(binding, data, metadata)
    else:
        await _send(binding, data, metadata, encoding)


async def _upload(binding: Binding, data: Datum, metadata: Metadata) -> None:
    where = f"Blob output '{binding['name']}'"
    container, _, name = fill(str(binding["path"]), metadata, where).partition("/")
    async with BlobServiceClient.from_connection_string(
        connection_string(str(binding["connection"]), where)
    ) as service:
        try:
            await service.get_blob_client(container, name).upload_blob(data.value, overwrite=True)
        except ResourceNotFoundError:
            await service.create_container(container)
            await service.get_blob_client(container, name).upload_blob(data.value, overwrite=True)


async def _send(binding: Binding, data: Datum, metadata: Metadata, encoding: str) -> None:
    where = f"Queue output '{binding['name']}'"
    queue_name = fill(str(binding["queueName"]), metadata, where)
    async with QueueClient.from_connection_string(
        connection_string(str(binding["connection"]), where), queue_name
    ) as queue:
        for message in messages_of(data):
            await send(queue, encode_message(message, encoding))


async def send(queue: QueueClient, text: str) -> None:
    """Send one message; a queue that is not there is made."""
    try:
        await queue.send_message(text)
    except ResourceNotFoundError:
        try:
            await queue.create_queue()
        finally:
            await queue.send_message(text)


def messages_of(data: Datum) -> list[bytes]:
    """Split an output into messages: a JSON list is one message per entry."""
    if data.type != "json":
        return [data.value.encode() if isinstance(data.value, str) else bytes(data.value)]
    value = json.loads(data.value)
    return [_body(each) for each in (value if isinstance(value, list) else [value])]


def encode_message(body: bytes, encoding: str) -> str:
    """Write a message as host.json's messageEncoding says: base64, or none."""
    return body.decode() if encoding == "none" else base64.b64encode(body).decode()


def decode_message(text: str, encoding: str) -> str:
    """Read a message back.

    Raises:
        ValueError: it is not in that encoding.
    """
    return text if encoding == "none" else base64.b64decode(text, validate=True).decode()


def _body(message: Any) -> bytes:
    text = message.get("body", json.dumps(message)) if isinstance(message, dict) else message
    return str(text).encode()

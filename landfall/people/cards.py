"""Messages as Adaptive Cards for a Teams workflow."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from landfall.ledger.untold import Fact
from landfall.people.messages import SHOWN_CAUSES, Group, Message, message_of

VERSION = "1.2"
"""The lowest version of the schema that has all that a card uses, so that every client of Teams shows it."""
LONGEST_CARD = 20_000
"""Bytes. Teams refuses messages above about 28 KB with all that it adds (docs/operating.md)."""


def card_of(facts: Sequence[Fact], app_url: str) -> bytes:
    """What a workflow's webhook takes: a message with one card, which leaves out causes that do not fit."""
    for most in range(SHOWN_CAUSES, 0, -1):
        body = json.dumps(envelope(message_of(facts, app_url, most)), ensure_ascii=False).encode()
        if len(body) <= LONGEST_CARD:
            break
    return body


def envelope(message: Message) -> dict[str, Any]:
    """A message as the webhook of a workflow takes it."""
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": VERSION,
        "fallbackText": "Landfall has something to tell. Open its dashboard.",
        "body": list(_body(message)),
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _body(message: Message) -> Iterator[dict[str, Any]]:
    yield _text(message.title, size="large", weight="bolder")
    for group in message.groups:
        yield {"type": "Container", "separator": True, "spacing": "medium", "items": list(_items(group))}
    if message.rest:
        yield _text(message.rest, isSubtle=True)


def _items(group: Group) -> Iterator[dict[str, Any]]:
    yield _text(group.heading, weight="bolder")
    if group.reason:
        yield _text(group.reason)
    for subject in group.subjects:
        yield _text(subject, isSubtle=True)
    if group.links:
        actions = [{"type": "Action.OpenUrl", "title": link.title, "url": link.url} for link in group.links]
        yield {"type": "ActionSet", "actions": actions}


def _text(text: str, **style: Any) -> dict[str, Any]:
    """A text that is shown as it is: a TextRun knows no Markdown, unlike a TextBlock."""
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **style}]}

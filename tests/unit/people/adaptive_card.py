"""What our cards may consist of, as strict models of the published JSON schema of Adaptive Cards 1.2.

Source: adaptivecards.io/schemas/1.2.1/adaptive-card.json. Every model forbids what the schema does not know, and has
only the elements that our cards use.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, HttpUrl


class Strict(BaseModel):
    """An object without other properties."""

    model_config = ConfigDict(extra="forbid", strict=True)


class TextRun(Strict):
    """A run of text, in which Markdown means nothing."""

    type: Literal["TextRun"]
    text: str
    size: Literal["default", "small", "medium", "large", "extraLarge"] = "default"
    weight: Literal["default", "lighter", "bolder"] = "default"
    isSubtle: bool = False  # noqa: N815  the schema's name


class RichTextBlock(Strict):
    """Runs of text."""

    type: Literal["RichTextBlock"]
    inlines: list[TextRun]


class OpenUrl(Strict):
    """A button that opens an address."""

    type: Literal["Action.OpenUrl"]
    title: str
    url: Annotated[HttpUrl, Field(strict=False)]


class ActionSet(Strict):
    """Buttons."""

    type: Literal["ActionSet"]
    actions: list[OpenUrl]


class Container(Strict):
    """Elements that belong together."""

    type: Literal["Container"]
    separator: bool = False
    spacing: Literal["default", "none", "small", "medium", "large", "extraLarge", "padding"] = "default"
    items: list[Annotated[RichTextBlock | ActionSet, Field(discriminator="type")]]


class AdaptiveCard(Strict):
    """A card."""

    type: Literal["AdaptiveCard"]
    version: Literal["1.2"]
    schema_: Literal["http://adaptivecards.io/schemas/adaptive-card.json"] = Field(alias="$schema")
    fallbackText: str  # noqa: N815  the schema's name
    body: list[Annotated[RichTextBlock | Container, Field(discriminator="type")]]


class Attachment(Strict):
    """The card in its message."""

    contentType: Literal["application/vnd.microsoft.card.adaptive"]  # noqa: N815  Teams' name
    contentUrl: None  # noqa: N815  Teams' name
    content: AdaptiveCard


class WebhookMessage(Strict):
    """What a workflow's webhook takes (learn.microsoft.com, Create an incoming webhook: send Adaptive Cards)."""

    type: Literal["message"]
    attachments: Annotated[list[Attachment], Field(min_length=1, max_length=1)]


def texts_of(message: WebhookMessage) -> list[str]:
    """Every text that the card shows, buttons aside."""
    found = []
    for each in message.attachments[0].content.body:
        blocks = each.items if isinstance(each, Container) else [each]
        found += [run.text for block in blocks if isinstance(block, RichTextBlock) for run in block.inlines]
    return found

"""Messages as mails for Azure Communication Services."""

from typing import Any

import jinja2

from landfall.config.people import PeopleRule
from landfall.people.messages import Message

_templates = jinja2.Environment(
    loader=jinja2.PackageLoader("landfall.people"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def mail_of(message: Message, rule: PeopleRule) -> dict[str, Any]:
    """The mail to a rule's mailboxes: the body of the service's request, as HTML and as plain text."""
    return {
        "senderAddress": rule.sender,
        "recipients": {"to": [{"address": each} for each in rule.email]},
        "content": {
            "subject": message.title,
            "plainText": _text_of(message),
            "html": _templates.get_template("mail.html").render(message=message),
        },
        # Otherwise the service may lead every link by way of itself.
        "userEngagementTrackingDisabled": True,
    }


def _text_of(message: Message) -> str:
    lines = []
    for group in message.groups:
        lines += [group.heading, group.reason, *(f"- {each}" for each in group.subjects)]
        lines += [f"{link.title}: {link.url}" for link in group.links]
        lines.append("")
    return "\n".join([message.title, "", *lines, message.rest]).strip() + "\n"

"""A test message to the people of a rule, for whoever sets it up."""

import asyncio
from http import HTTPStatus

import azure.durable_functions as df

from landfall.config.types import Name
from landfall.ledger.untold import Fact
from landfall.notices import NotDeliveredError
from landfall.people.sending import send_message
from landfall.services import Services, app_services
from web.access import Role
from web.endpoints import Call, Endpoint, endpoint
from web.models import ResponseModel
from web.problems import ProblemError

bp = df.Blueprint()


class Sent(ResponseModel):
    """The rule whose people got a test message."""

    rule: str


@endpoint(
    bp,
    Endpoint(
        "POST",
        "notices/{id}/test",
        {HTTPStatus.OK: [Sent]},
        role=Role.OPERATE,
        named=Name,
        refusals=frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.BAD_GATEWAY}),
    ),
)
async def send_test_notice(call: Call) -> Sent:
    """Send a test message to the people of a rule of `notices.people`, and say whether its channel took it."""
    return await asyncio.to_thread(send_test, await asyncio.to_thread(app_services), call.id)


def send_test(services: Services, rule: str) -> Sent:
    """Send the message; ProblemError says which rules there are, or what the channel answered."""
    audience = next((each for each in services.people if each.rule.name == rule), None)
    if audience is None:
        names = ", ".join(each.rule.name for each in services.people) or "none"
        detail = f"notices.people has no rule {rule} that can be used. Rules: {names}. GET /api/health names mistakes."
        raise ProblemError(HTTPStatus.NOT_FOUND, detail)
    fact = Fact("test", services.now(), "Test message", f"Rule {rule}", "Nothing has happened. Messages arrive here.")
    try:
        send_message(audience, [fact], services.app_url, services.mail_token)
    except NotDeliveredError as error:
        detail = f"The test message was not sent: {error}. See docs/operating.md, People who are told."
        raise ProblemError(HTTPStatus.BAD_GATEWAY, detail) from None
    return Sent(rule=rule)

"""Telling people: facts wait in boxes, one for each rule, and a box is told in one message."""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import azure.durable_functions as df

from activities.boundary import activity
from landfall.claims import Start, start_once
from landfall.config.people import Audience
from landfall.config.schedules import latest_slot, next_slots
from landfall.notices import NotDeliveredError
from landfall.people.facts import concerns, fact_of, is_run
from landfall.people.sending import send_message
from landfall.records import to_json
from landfall.services import Services

bp = df.Blueprint()
log = logging.getLogger("landfall")

GATHERING = timedelta(seconds=60)
"""How long the first fact waits for others of its cause."""
MOST = 2_000
"""Facts that one message tells; the next message tells what is left."""


@dataclass(frozen=True)
class Box:
    """The facts of a rule that wait to be told: in a minute, or at the time of its digest."""

    rule: str
    daily: bool = False

    @property
    def key(self) -> str:
        """The box's name in the ledger."""
        return f"{self.rule}.daily" if self.daily else self.rule

    @property
    def instance_id(self) -> str:
        """The id of the orchestration that tells it."""
        return f"people.{self.key}"


@dataclass(frozen=True)
class Due:
    """When a box is to be told."""

    at: datetime


@dataclass(frozen=True)
class Told:
    """How many facts were told; 0 when there were none to tell."""

    facts: int


async def note(services: Services, event: Mapping[str, Any], start: Start) -> None:
    """Store an event for everybody whom it concerns, and have it told."""
    told = _with_route(services, event)
    for audience in services.people:
        if concerns(audience.rule, told):
            box = Box(audience.rule.name, bool(audience.rule.digest) and is_run(event))
            await asyncio.to_thread(services.ledger.untold.add, box.key, fact_of(told))
            await _start(start, box)


async def tell_what_waits(services: Services, start: Start) -> None:
    """Start to tell every box with something in it, unless that is under way: its orchestration may have died."""
    for box in _boxes(services):
        if await asyncio.to_thread(services.ledger.untold.first, box.key, 1):
            await _start(start, box)


@activity(bp, Box)
def when_to_tell(services: Services, box: Box) -> Due:
    """When to tell a box: as soon as others may have joined the first fact, or at the next time of its digest.

    What an earlier digest left untold waits for no other.
    """
    now, audience = services.now(), _audience(services, box)
    if box.daily and audience and (daily := audience.rule.daily):
        zone, first = audience.rule.zone, services.ledger.untold.first(box.key, 1)
        if not first or first[0].at >= latest_slot(daily, now, zone):
            return Due(next_slots(daily, now, zone)[0])
    return Due(now + GATHERING)


@activity(bp, Box)
def tell_box(services: Services, box: Box) -> Told | None:
    """Tell a box's facts in one message, and forget them; None when the message was not taken, or the rule is gone.

    They are forgotten after the message was taken: a crash in between tells them once more, and loses none.
    """
    facts = services.ledger.untold.first(box.key, MOST)
    if not facts:
        return Told(0)
    audience = _audience(services, box)
    if audience is None:
        log.warning("%d facts for %s wait: landfall.yaml has no such rule that can be used", len(facts), box.rule)
        return None
    try:
        send_message(audience, facts, services.app_url, services.mail_token)
    except NotDeliveredError as error:
        log.warning("%d facts for %s were not told: %s", len(facts), box.rule, error)
        return None
    services.ledger.untold.delete(box.key, facts)
    return Told(len(facts))


def _with_route(services: Services, event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The event with the route that takes its file: a run that was refused early was never told its own."""
    about = event["data"]
    if not is_run(event) or about["route"] or not about["source"]:
        return event
    match = services.plan.match(about["source"]["name"])
    found = {"route": match.route.name, "environment": match.route.environment or ""} if match else {}
    return {**event, "data": {**about, **found}}


async def _start(start: Start, box: Box) -> None:
    await start_once(start, "tell_people", box.instance_id, to_json(box))


def _audience(services: Services, box: Box) -> Audience | None:
    return next((each for each in services.people if each.rule.name == box.rule), None)


def _boxes(services: Services) -> Iterator[Box]:
    for audience in services.people:
        yield Box(audience.rule.name)
        yield Box(audience.rule.name, daily=True)

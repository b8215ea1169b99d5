"""The Lanes page: the run that F&O has in each lane, and the runs that wait."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from landfall.gate_queue import Queue
from landfall.ids import run_id_of
from landfall.services import Services
from web.dashboard.assets import OPEN
from web.dashboard.pages import LATER, SOON, serve_page
from web.dashboard.runs import Title, find_title
from web.dashboard.words import moment, span
from web.environments import show_environments
from web.lanes import lanes_of, read_queue

bp = df.Blueprint()

SHOWN = 20
"""Waiting runs that a lane's card names; it counts the others."""


@dataclass(frozen=True)
class Entry:
    """A run in a lane."""

    run_id: str
    title: Title


@dataclass(frozen=True)
class LaneCard:
    """A lane. `calling` says whether its run is uploading its package now, `held` why the lane is held."""

    lane: str
    holder: Entry | None
    calling: bool
    held: str | None
    held_since: str
    held_for: Entry | None
    waiting: tuple[Entry, ...]
    more: int

    @property
    def next(self) -> Entry | None:
        """The run that Skip skips."""
        return self.held_for or next(iter(self.waiting), None)


@bp.route(route="dashboard/lanes", methods=["GET"], auth_level=OPEN)
@bp.durable_client_input(client_name="client")
async def dashboard_lanes(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Every lane with a hold, a run in F&O or a waiting run."""

    async def load(services: Services) -> dict[str, Any]:
        queue = await read_queue(client)
        cards = await asyncio.to_thread(lane_cards, queue, partial(find_title, services), services.now())
        shown = await asyncio.to_thread(show_environments, services)
        return {"cards": cards, "environments": shown, "seconds": SOON if cards else LATER}

    return await serve_page(req, "lanes.html", "Lanes", load)


def lane_cards(queue: Queue, title_of: Callable[[str], Title], now: datetime) -> tuple[LaneCard, ...]:
    """A card for each lane; `title_of` gives a run's title by its id."""
    return tuple(_card(queue, lane, title_of, now) for lane in lanes_of(queue))


def _card(queue: Queue, lane: str, title_of: Callable[[str], Title], now: datetime) -> LaneCard:
    def entry(instance: str) -> Entry:
        run_id = run_id_of(instance)
        return Entry(run_id, title_of(run_id))

    holder, hold = queue.holders.get(lane), queue.holds.get(lane)
    waiting = [each.run for each in queue.waiting if each.lane == lane]
    return LaneCard(
        lane,
        entry(holder) if holder else None,
        holder in queue.callers,
        hold.reason if hold else None,
        f"{moment(hold.since, now)}, {span(now - hold.since)} ago" if hold and hold.since else "",
        entry(hold.run) if hold and hold.run else None,
        tuple(map(entry, waiting[:SHOWN])),
        max(0, len(waiting) - SHOWN),
    )

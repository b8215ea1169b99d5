"""The page of lanes: who goes to F&O, who waits."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import azure.durable_functions as df
import azure.functions as func

from landfall.gate_queue import Queue, Ticket
from landfall.ids import run_id_of
from landfall.ledger.ledger import RunNotFoundError
from landfall.services import Services
from web.dashboard.assets import OPEN
from web.dashboard.listing import title
from web.dashboard.opening import LATER, SOON, shown
from web.dashboard.words import moment, span
from web.lanes import read_queue

SHOWN = 20
"""Waiting runs named per lane; of more there is a count."""


@dataclass(frozen=True)
class Waiter:
    """A run and what it is called."""

    run_id: str
    folder: str
    name: str


@dataclass(frozen=True)
class LaneCard:
    """`calling` says whether the holder is handing its package over right now; `held` why none is let in."""

    lane: str
    holder: Waiter | None
    calling: bool
    held: str | None
    held_since: str
    held_for: Waiter | None
    waiting: tuple[Waiter, ...]
    more: int


def lane_cards(
    queue: Queue, name_of: Callable[[str], tuple[str, str]], now: datetime
) -> tuple[LaneCard, ...]:
    """A card for each lane that is taken, waited for or held; `name_of` gives a run's folder and name by its id."""
    lanes = sorted({*queue.holders, *queue.holds, *(each.lane for each in queue.waiting)})
    return tuple(_card(queue, lane, name_of, now) for lane in lanes)


def _card(queue: Queue, lane: str, name_of: Callable[[str], tuple[str, str]], now: datetime) -> LaneCard:
    def waiter(instance: str | None) -> Waiter | None:
        run_id = run_id_of(instance or "")
        return Waiter(run_id, *name_of(run_id)) if run_id else None

    holder, hold = queue.holders.get(lane), queue.holds.get(lane)
    waiting: list[Ticket] = [each for each in queue.waiting if each.lane == lane]
    named = [waiter(each.run) for each in waiting[:SHOWN]]
    return LaneCard(
        lane,
        waiter(holder),
        holder in queue.callers,
        hold.reason if hold else None,
        f"{moment(hold.since, now)}, {span(now - hold.since)} ago" if hold and hold.since else "",
        waiter(hold.run) if hold else None,
        tuple(each for each in named if each),
        len(waiting) - len(named),
    )


bp = df.Blueprint()


@bp.route(route="dashboard/lanes", methods=["GET"], auth_level=OPEN)
@bp.durable_client_input(client_name="client")
async def dashboard_lanes(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Every lane that is held, taken or waited for."""
    queue = await read_queue(client)
    return await asyncio.to_thread(
        shown, req, "lanes.html", "Lanes", lambda services: _lanes(services, queue)
    )


def _lanes(services: Services, queue: Queue) -> dict[str, object]:
    def name_of(run_id: str) -> tuple[str, str]:
        try:
            return title(services.ledger.get(run_id))
        except RunNotFoundError:
            return "", run_id

    cards = lane_cards(queue, name_of, services.now())
    return {"cards": cards, "seconds": SOON if cards else LATER}

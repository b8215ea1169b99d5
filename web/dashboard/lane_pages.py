"""The page of lanes: who goes to F&O, who waits."""

import asyncio

import azure.durable_functions as df
import azure.functions as func

from landfall.ledger import RunNotFoundError
from landfall.services import Services
from landfall.turns import Queue
from web.dashboard.lane_cards import lane_cards
from web.dashboard.listing import title
from web.dashboard.opening import LATER, SOON, shown
from web.dashboard.sign_in import OPEN
from web.lanes import read_queue

bp = df.Blueprint()


@bp.route(route="dashboard/lanes", methods=["GET"], auth_level=OPEN)
@bp.durable_client_input(client_name="client")
async def dashboard_lanes(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Every lane that is held, taken or waited for."""
    queue = await read_queue(client)
    return await asyncio.to_thread(shown, req, "lanes.html", "Lanes", lambda known: _lanes(known, queue))


def _lanes(known: Services, queue: Queue) -> dict[str, object]:
    def name_of(run_id: str) -> tuple[str, str]:
        try:
            return title(known.ledger.get(run_id))
        except RunNotFoundError:
            return "", run_id

    cards = lane_cards(queue, name_of, known.now())
    return {"cards": cards, "seconds": SOON if cards else LATER}

"""Fan-out and fan-in: as many activities at once as there are words, one sum of what they gave."""

from collections.abc import Generator
from typing import Any

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
Steps = Generator[Any, Any, Any]


@app.route(route="orchestrators/{name}")
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    given = req.get_json() if req.get_body() else None
    instance = await client.start_new(req.route_params["name"], client_input=given)
    return client.create_check_status_response(req, instance)


@app.orchestration_trigger(context_name="context")
def count_letters(context: df.DurableOrchestrationContext) -> Steps:
    words = yield context.call_activity("list_words", context.get_input())
    lengths = yield context.task_all([context.call_activity("measure", word) for word in words])
    return sum(lengths)


@app.activity_trigger(input_name="text")
def list_words(text: str) -> list[str]:
    return text.split()


@app.activity_trigger(input_name="word")
def measure(word: str) -> int:
    return len(word)

"""Landfall's table of contents: the app, its triggers, and where the rest is registered from."""

import azure.durable_functions as df
import azure.functions as func
from azurefunctions.extensions.bindings import blob

import activities
import orchestrations
import web
from activities import boundary, poison, sweeping
from landfall import claims
from landfall.config import settings

boundary.scrub_logs()
app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)


@app.blob_trigger(arg_name="landed", path="landing/{name}", connection="DataStorage", source=func.BlobSource.EVENT_GRID)
@app.durable_client_input(client_name="client")
async def file_landed(landed: blob.BlobClient, client: df.DurableOrchestrationClient) -> None:
    """A file landed: claim its version and start its run. Its content is not bound, whatever its size."""
    await boundary.run_trigger(claims.claim_event, landed, client.start_new)


@app.queue_trigger(arg_name="message", queue_name="webjobs-blobtrigger-poison", connection="DataStorage")
@app.durable_client_input(client_name="client")
async def event_given_up(message: func.QueueMessage, client: df.DurableOrchestrationClient) -> None:
    """The blob trigger gave a landed file up after five tries: end its run, keep the file."""
    await boundary.run_trigger(poison.bury, message.get_body().decode(), client)


@app.timer_trigger(arg_name="timer", schedule=settings.plan().sweeper.schedule)
@app.durable_client_input(client_name="client")
async def sweep_due(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:  # noqa: ARG001
    """Every few minutes: take up what events, hosts and people have left lying."""
    await boundary.run_trigger(sweeping.sweep, client)


def schedule(export: str, times: str) -> None:
    """Register an export's timer: the function `export-<name>`, which no other can be called."""

    @app.function_name(f"export-{export}")
    @app.timer_trigger(arg_name="timer", schedule=times)
    @app.durable_client_input(client_name="client")
    async def slot_due(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:  # noqa: ARG001
        await boundary.run_trigger(claims.claim_due, settings.plan().export(export), client.start_new)


for name, times in settings.export_timers().items():
    schedule(name, times)
for part in (*activities.PARTS, *orchestrations.PARTS, *web.PARTS):
    app.register_functions(part.bp)

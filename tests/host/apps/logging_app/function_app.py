"""Functions that log in every place where code can run."""

import asyncio
import logging
import threading

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
log = logging.getLogger("mine")
log.error("said at import")


async def child() -> None:
    log.info("said in a task")


def bare(text: str) -> None:
    thread = threading.Thread(target=log.info, args=(text,))
    thread.start()
    thread.join()


@app.route(route="coroutine")
async def coroutine(req: func.HttpRequest) -> str:  # noqa: ARG001 - the trigger needs it
    log.info("said in a coroutine")
    await asyncio.create_task(child())
    await asyncio.to_thread(log.info, "said in to_thread")
    bare("said in a thread of a coroutine")
    return "done"


@app.route(route="plain")
def plain(req: func.HttpRequest, context: func.Context) -> str:  # noqa: ARG001 - the trigger needs it
    log.info("said in a function")
    bare("said in a thread of a function")

    def named() -> None:
        context.thread_local_storage.invocation_id = context.invocation_id
        log.info("said in a thread that names its invocation")

    thread = threading.Thread(target=named)
    thread.start()
    thread.join()
    return "done"

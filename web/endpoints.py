"""Where a route is registered and described: one declaration for the Functions host and for the OpenAPI document."""

import asyncio
import inspect
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import azure.durable_functions as df
import azure.functions as func
from pydantic import BaseModel, StringConstraints, TypeAdapter, ValidationError

from landfall.config.settings import plan
from landfall.ledger.ledger import RunNotFoundError
from web.access import Principal, Role, is_cross_site, principal_of
from web.problems import ProblemError, problem

log = logging.getLogger("landfall")

JSON = "application/json"
KEY = "Idempotency-Key"
IdempotencyKey = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,100}$")]
RunId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,200}$")]
NOT_OURS = {"code", "clientid"}
"""Query parameters that are the Functions host's own: its keys."""
HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
"""Of every answer: no guessing what a file is, and nothing of a run in anybody's cache."""

Content = type | str
"""What an answer holds: a model, as JSON; or the name of another media type."""


@dataclass(frozen=True)
class Call:
    """A request as an endpoint sees it: who asks, and what they say, read and checked.

    `id` is the path's parameter, `query` and `body` are of the endpoint's models, `key` is the Idempotency-Key.
    """

    request: func.HttpRequest
    client: df.DurableOrchestrationClient
    who: Principal
    id: str = ""
    query: Any = None
    body: Any = None
    key: str | None = None


@dataclass(frozen=True)
class Endpoint:
    """What is known of a route.

    `answers` are the ways it goes well, the first of them when the function returns no response but a model;
    `refusals` the statuses of its problems, beside those that follow from the rest. `named` is the type of the path's
    parameter.
    """

    method: str
    path: str
    answers: Mapping[HTTPStatus, Sequence[Content]]
    role: Role = Role.READ
    named: Any = RunId
    query: type[BaseModel] | None = None
    body: type[BaseModel] | str | None = None
    repeatable: bool = False
    refusals: frozenset[HTTPStatus] = frozenset()
    name: str = ""
    about: str = ""
    tag: str = ""

    @property
    def changes(self) -> bool:
        """Whether asking it changes anything."""
        return self.method not in {"GET", "HEAD"}


ENDPOINTS: list[Endpoint] = []
"""All that were registered, by whichever module: the OpenAPI document is made of them."""

Handler = Callable[[Call], Any]


def endpoint(bp: df.Blueprint, declared: Endpoint) -> Callable[[Handler], Handler]:
    """Register the function as the answer to a route; its docstring describes it.

    The function, async or not, returns a model of the first of `answers` or a whole response, and raises ProblemError.
    It is called when whoever asks may ask this and their input is right.
    """

    def register(handle: Handler) -> Handler:
        known = replace(
            declared,
            name=handle.__name__,
            about=inspect.cleandoc(handle.__doc__ or ""),
            tag=handle.__module__.rpartition(".")[2],
        )
        ENDPOINTS.append(known)

        sign_in = plan().access.sign_in

        async def serve(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
            return await served(known, handle, req, client, sign_in=sign_in)

        serve.__name__ = handle.__name__
        serve.__doc__ = handle.__doc__
        # Where people sign in, a browser has no function key to send; the platform has let them through.
        level = func.AuthLevel.ANONYMOUS if sign_in else func.AuthLevel.FUNCTION
        bound = bp.durable_client_input(client_name="client")(serve)
        bp.route(route=known.path, methods=[known.method], auth_level=level)(bound)
        return handle

    return register


async def served(
    known: Endpoint,
    handle: Handler,
    req: func.HttpRequest,
    client: df.DurableOrchestrationClient,
    *,
    sign_in: bool,
) -> func.HttpResponse:
    """The answer to a request, whatever happens: a problem where there is one."""
    try:
        who = _who(known, req, sign_in=sign_in)
        call = _call(known, req, client, who)
        found = await (
            handle(call) if inspect.iscoroutinefunction(handle) else asyncio.to_thread(handle, call)
        )
        response = found if isinstance(found, func.HttpResponse) else _answer(known, found)
    except ProblemError as error:
        response = problem(error.status, error.detail)
    except RunNotFoundError as error:
        response = problem(HTTPStatus.NOT_FOUND, str(error))
    except Exception:
        log.exception("%s %s failed", known.method, known.path)
        said = "something failed on our side; the app's log says what. Try again"
        response = problem(HTTPStatus.INTERNAL_SERVER_ERROR, said)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _who(known: Endpoint, req: func.HttpRequest, *, sign_in: bool) -> Principal:
    """Who asks; raises ProblemError when they may not."""
    who = principal_of(req.headers, sign_in=sign_in)
    if who is None:
        raise ProblemError(HTTPStatus.UNAUTHORIZED, "sign in first")
    if not who.may(Role.READ):
        raise ProblemError(HTTPStatus.NOT_FOUND, "there is nothing here")
    if not who.may(known.role):
        said = f"this needs the role {known.role}; ask whoever manages the app"
        raise ProblemError(HTTPStatus.FORBIDDEN, said)
    if known.changes and is_cross_site(req.headers):
        raise ProblemError(HTTPStatus.FORBIDDEN, "another site's page may not do this")
    return who


def _call(
    known: Endpoint, req: func.HttpRequest, client: df.DurableOrchestrationClient, who: Principal
) -> Call:
    """The request, checked; raises ProblemError for what is wrong with it."""
    return Call(
        request=req,
        client=client,
        who=who,
        id=_named(known, req),
        query=_query(known, req),
        body=_body(known, req),
        key=_key(req) if known.repeatable else None,
    )


def _named(known: Endpoint, req: func.HttpRequest) -> str:
    # Hosts differ in whether they decode a slash in a parameter.
    value = unquote(next(iter(req.route_params.values()), ""))
    if "{" in known.path:
        try:
            TypeAdapter(known.named).validate_python(value)
        except ValidationError:
            raise ProblemError(HTTPStatus.NOT_FOUND, f"there is no {value[:200]} here") from None
    return value


def _query(known: Endpoint, req: func.HttpRequest) -> BaseModel | None:
    model = known.query
    if model is None:
        return None
    # From the address, because hosts drop parameters without a value, and with them the mistake of sending one.
    sent = parse_qsl(urlsplit(req.url).query, keep_blank_values=True)
    said = {name: value for name, value in sent if name.lower() not in NOT_OURS}
    return _checked(lambda: model.model_validate(said))


def _body(known: Endpoint, req: func.HttpRequest) -> BaseModel | None:
    model, content = known.body, req.get_body()
    sent = req.headers.get("content-type", "").partition(";")[0].strip().lower()
    wanted = model if isinstance(model, str) else JSON
    if model and content and sent != wanted:
        raise ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"send the body as {wanted}")
    if model is None or isinstance(model, str):
        return None
    # As strict as JSON can be: false is no 0.
    return _checked(lambda: model.model_validate_json(content or b"{}", strict=True))


def _key(req: func.HttpRequest) -> str | None:
    key = req.headers.get(KEY)
    if key is None:
        return None
    try:
        return TypeAdapter(IdempotencyKey).validate_python(key)
    except ValidationError:
        raise ProblemError(
            HTTPStatus.BAD_REQUEST, f"{KEY} must be 1 to 100 visible characters without spaces"
        ) from None


def _checked(read: Callable[[], BaseModel]) -> BaseModel:
    try:
        return read()
    except ValidationError as error:
        mistakes = [
            f"{'.'.join(map(str, each['loc'])) or 'the body'}: {each['msg']}" for each in error.errors()
        ]
        raise ProblemError(HTTPStatus.BAD_REQUEST, "; ".join(mistakes)) from None


def _answer(known: Endpoint, found: object) -> func.HttpResponse:
    status, (content, *_) = next(iter(known.answers.items()))
    body = TypeAdapter(content).dump_json(found)  # type: ignore[arg-type]
    return func.HttpResponse(body, status_code=status, mimetype=JSON)

"""Registers a route: one declaration serves the Functions host and the OpenAPI document."""

import inspect
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import uuid4

import azure.durable_functions as df
import azure.functions as func
from pydantic import BaseModel, StringConstraints, TypeAdapter, ValidationError

from landfall.config.settings import plan
from web.access import Principal, Role, admit, principal_of, result_of
from web.problems import ProblemError, problem

log = logging.getLogger("landfall")

JSON, ANY = "application/json", "*/*"
KEY = "Idempotency-Key"
IdempotencyKey = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,100}$")]
RunId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,200}$")]
HOST_PARAMETERS = {"code", "clientid"}
"""Query parameters of the Functions host: its keys."""
HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
"""Of every response: browsers do not guess a file's type, and nobody's cache keeps anything of a run."""

Content = type | str
"""What a response holds: a model, sent as JSON, or the name of another media type."""


@dataclass(frozen=True)
class Call:
    """A request as an endpoint sees it, read and checked.

    `who` sends it. `id` is the path's parameter, `query` and `body` are instances of the endpoint's models, `key` is
    the Idempotency-Key.
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
    """The declaration of a route.

    `answers` are the successful responses; a function that returns a model gives the first of them. `refusals` are
    the statuses of its problems that do not follow from the rest. `named` is the type of the path's parameter. With
    `own_key` the function itself checks who sends the request.
    """

    method: str
    path: str
    answers: Mapping[HTTPStatus, Sequence[Content]]
    role: Role = Role.READ
    named: Any = RunId
    query: type[BaseModel] | None = None
    body: type[BaseModel] | str | None = None
    repeatable: bool = False
    own_key: bool = False
    refusals: frozenset[HTTPStatus] = frozenset()
    name: str = ""
    about: str = ""
    tag: str = ""


ENDPOINTS: list[Endpoint] = []
"""All registered routes, from every module. The OpenAPI document is made from them."""

Handler = Callable[[Call], Any]
SENDER = Principal("holder of a key of its own", frozenset({Role.READ}), has_own_key=True)
"""Whoever sends a request that the endpoint checks by itself."""


def endpoint(bp: df.Blueprint, declared: Endpoint) -> Callable[[Handler], Handler]:
    """Register a function, async or not, as the handler of a route. Its docstring describes the route.

    Landfall calls it when the sender has the role and the input is valid. It returns a model of the first of
    `answers` or a whole response, and raises ProblemError.
    """

    def register(handle: Handler) -> Handler:
        described = replace(
            declared,
            name=handle.__name__,
            about=inspect.cleandoc(handle.__doc__ or ""),
            tag=handle.__module__.rpartition(".")[2],
        )
        ENDPOINTS.append(described)

        sign_in = plan().access.sign_in

        identify = (lambda _: SENDER) if declared.own_key else partial(principal_of, sign_in=sign_in)

        async def serve(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
            return await respond(described, handle, req, client, identify)

        serve.__name__ = handle.__name__
        serve.__doc__ = handle.__doc__
        # With a sign-in a browser has no function key to send, and the platform has checked the sign-in.
        level = func.AuthLevel.ANONYMOUS if sign_in or declared.own_key else func.AuthLevel.FUNCTION
        bound = bp.durable_client_input(client_name="client")(serve)
        bp.route(route=described.path, methods=[described.method], auth_level=level)(bound)
        return handle

    return register


async def respond(
    declared: Endpoint,
    handle: Handler,
    req: func.HttpRequest,
    client: df.DurableOrchestrationClient,
    identify: Callable[[Mapping[str, str]], Principal | None],
) -> func.HttpResponse:
    """The response to a request, whose headers tell `identify` who sends it.

    Every failure becomes a problem; unexpected ones are logged with a reference.
    """

    async def serve(who: Principal) -> func.HttpResponse:
        found = await result_of(handle, _call(declared, req, client, who))
        return found if isinstance(found, func.HttpResponse) else _response(declared, found)

    try:
        response = await admit(req, declared.role, lambda req: identify(req.headers), serve, problem)
    except Exception:
        reference = uuid4().hex[:12]
        log.exception("%s %s failed, reference %s", declared.method, declared.path, reference)
        detail = f"Internal error, reference {reference}; see the app's log."
        response = problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _call(declared: Endpoint, req: func.HttpRequest, client: df.DurableOrchestrationClient, who: Principal) -> Call:
    """The request, checked; raises ProblemError for invalid input."""
    return Call(
        request=req,
        client=client,
        who=who,
        id=_path_parameter(declared, req),
        query=_query(declared, req),
        body=_body(declared, req),
        key=checked_key(req.headers.get(KEY)) if declared.repeatable else None,
    )


def _path_parameter(declared: Endpoint, req: func.HttpRequest) -> str:
    if "{" not in declared.path:
        return ""
    return checked_name(next(iter(req.route_params.values()), ""), declared.named)


def checked_name(parameter: str, kind: Any) -> str:
    """A path's parameter; raises ProblemError for one that is no such name."""
    value = unquote(parameter)  # hosts differ in whether they decode a slash
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"There is no {value[:200]} here.") from None
    return value


def _query(declared: Endpoint, req: func.HttpRequest) -> BaseModel | None:
    model = declared.query
    if model is None:
        return None
    # Read from the address, because hosts drop parameters without a value, and such a parameter is an error.
    sent = parse_qsl(urlsplit(req.url).query, keep_blank_values=True)
    parameters = {name: value for name, value in sent if name.lower() not in HOST_PARAMETERS}
    return checked(lambda: model.model_validate(parameters))


def _body(declared: Endpoint, req: func.HttpRequest) -> BaseModel | None:
    model, content = declared.body, req.get_body()
    sent = req.headers.get("content-type", "").partition(";")[0].strip().lower()
    wanted = model if isinstance(model, str) else JSON
    if model and content and wanted not in {sent, ANY}:
        raise ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Send the body as {wanted}.")
    if model is None or isinstance(model, str):
        return None
    # Strict, so that false is not taken for 0.
    return checked(lambda: model.model_validate_json(content or b"{}", strict=True))


def checked_key(key: str | None) -> str | None:
    """An idempotency key, if there is one; raises ProblemError for one that is invalid."""
    if key is None:
        return None
    try:
        return str(TypeAdapter(IdempotencyKey).validate_python(key))
    except ValidationError:
        detail = f"{KEY} must have 1 to 100 visible characters and no spaces."
        raise ProblemError(HTTPStatus.BAD_REQUEST, detail) from None


def checked(read: Callable[[], BaseModel]) -> BaseModel:
    """The model that `read` returns; raises ProblemError that names each invalid field."""
    try:
        return read()
    except ValidationError as error:
        mistakes = [f"{'.'.join(map(str, each['loc'])) or 'request'}: {each['msg']}" for each in error.errors()]
        raise ProblemError(HTTPStatus.BAD_REQUEST, "; ".join(mistakes)) from None


def _response(declared: Endpoint, found: object) -> func.HttpResponse:
    status, (content, *_) = next(iter(declared.answers.items()))
    body = TypeAdapter(content).dump_json(found)  # type: ignore[arg-type]
    return func.HttpResponse(body, status_code=status, mimetype=JSON)

"""Functions that answer requests."""

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="only-get", methods=["GET"])
def only_get(req: func.HttpRequest) -> str:  # noqa: ARG001 - the trigger needs it
    return "got"


@app.route(route="echo/{word}")
def echo(req: func.HttpRequest) -> str:
    return req.route_params["word"]


@app.route(route="any")
def take(req: func.HttpRequest) -> str:
    return str(len(req.get_body()))


@app.route(route="cookies")
def cookies(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001 - the trigger needs it
    return func.HttpResponse("set", headers={"Set-Cookie": "a=1; Path=/; HttpOnly"})

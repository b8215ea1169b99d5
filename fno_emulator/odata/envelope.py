"""F&O's answers on the wire: headers, values and errors (fno-behaviour 1.2, 2.1, 2.2)."""

import json
from typing import Any
from uuid import uuid4

from aiohttp import web

ACTION_SET = "DataManagementDefinitionGroups"
ODATA_ERROR = "Microsoft.OData.ODataException"
"""The kind of an error in the request's OData syntax."""
_STACK = (
    "   at Microsoft.Dynamics.Platform.Integration.Services.OData.Action.ActionInvokable.Invoke()\r\n"
    "   at Microsoft.Dynamics.Platform.Integration.Services.OData.Update.UpdateProcessor.ActionInvocation"
    "(ChangeOperationContext context, ActionInvokable action)"
)


def headers() -> dict[str, str]:
    """The headers of every answer. `ms-dyn-aid` is the activity id that Microsoft's support asks for."""
    return {
        "OData-Version": "4.0",
        "ms-dyn-aid": str(uuid4()),
        "ms-dyn-fqhn": "emulator.axcloud.dynamics.com",
        "ms-dyn-namespace": "AXSF",
        "ms-dyn-tenant": "emulator",
        "ms-dyn-role": "AOS",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "SAMEORIGIN",
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    }


def answer(body: Any, status: int = 200) -> web.Response:
    """A JSON answer, with F&O's content type and headers."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    response = web.Response(body=text.encode(), status=status, headers=headers())
    response.headers["Content-Type"] = "application/json; odata.metadata=minimal; charset=utf-8"
    return response


def error(message: str, kind: str = "System.InvalidOperationException", status: int = 400) -> web.Response:
    """An error in F&O's envelope: `code` is empty, and the text is in `innererror.message`."""
    inner = {"message": message, "type": kind, "stacktrace": _STACK}
    return answer({"error": {"code": "", "message": "An error has occurred.", "innererror": inner}}, status)


def action_error(action: str, message: str, kind: str) -> web.Response:
    """The error of a failed action."""
    text = f"Exception occurred while executing action {action} on Entity DataManagementDefinitionGroup: {message}"
    return error(text, kind)


def model_state_invalid() -> web.Response:
    """The error for a body that does not match the action's parameters."""
    return error("InvokeAction - Model state is invalid.", ODATA_ERROR)


def server_error() -> web.Response:
    """A server error in the words of ASP.NET Web API."""
    return answer({"Message": "An error has occurred."}, 500)


def unsupported_media_type(kind: str) -> web.Response:
    """The error for a body that is not JSON, in the words of ASP.NET Web API (fno-behaviour 9.12)."""
    return answer({"Message": f"The request entity's media type '{kind}' is not supported for this resource."}, 415)


def no_record() -> web.Response:
    """The error for a record that does not exist."""
    return answer({"error": {"code": "", "message": "No resources were found when selecting for update."}}, 404)


def no_resource(url: str) -> web.Response:
    """The error for a URL that is not a resource."""
    text = f"No HTTP resource was found that matches the request URI '{url}'. No route data was found for this request."
    response = answer({"Message": text}, 404)
    response.headers["Content-Type"] = "application/json; charset=utf-8"
    return response

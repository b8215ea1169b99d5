"""What Azure refuses of one function while the rest of the app runs."""

from collections.abc import Callable

import azure.durable_functions as df
import pytest

from local.host.app.index import index_functions

Register = Callable[[df.DFApp], object]


def taking(parameter: str) -> Callable[..., None]:
    """A function with a parameter of this name."""
    scope: dict[str, Callable[..., None]] = {}
    exec(f"def body({parameter}): pass", scope)  # noqa: S102 - the name is what these tests are about
    return scope["body"]


def timer(app: df.DFApp, name: str = "t", function: str = "f", schedule: str = "0 0 0 1 1 *") -> None:
    """Register a timer function."""
    app.function_name(function)(app.timer_trigger(name, schedule=schedule)(taking(name)))


def route(app: df.DFApp, path: str, function: str = "f", methods: tuple[str, ...] = (), req: str = "req") -> None:
    """Register an HTTP function."""
    app.function_name(function)(app.route(path, trigger_arg_name=req, methods=methods or None)(taking(req)))


def activity(app: df.DFApp, name: str) -> None:
    """Register an activity named f."""
    app.function_name("f")(app.activity_trigger(input_name=name)(taking(name)))


def blob(app: df.DFApp, name: str) -> None:
    """Register a function for blobs named f."""
    app.function_name("f")(app.blob_trigger(name, path="landing/{name}", connection="C")(taking(name)))


def queue(app: df.DFApp, name: str) -> None:
    """Register a function for messages named f."""
    app.function_name("f")(app.queue_trigger(name, queue_name="q", connection="C")(taking(name)))


@pytest.mark.parametrize(
    ("register", "said"),
    [
        (lambda app: timer(app, function="host"), "The 'host' function is in error: 'host' is not a valid function name."),
        (lambda app: timer(app, function="HOST"), "'HOST' is not a valid function name."),
        (lambda app: timer(app, function="1st"), "'1st' is not a valid function name."),
        (lambda app: timer(app, function="a.b"), "'a.b' is not a valid function name."),
        (lambda app: timer(app, function="a" * 129), "is not a valid function name."),
        (lambda app: timer(app, name="my_timer"), "The binding name my_timer is invalid. Please assign a valid name"),
        (lambda app: timer(app, name="timerTrigger"), "'timerTrigger' to type 'Microsoft.Azure.WebJobs.TimerInfo'."),
        (lambda app: timer(app, schedule="now and then"), "'now and then' was not recognized as a valid cron expression"),
        (lambda app: timer(app, schedule="%NO_SUCH%"), "Functions.f': '%NO_SUCH%' does not resolve to a value."),
        (lambda app: route(app, "admin/x"), "The specified route conflicts with one or more built in routes."),
        (lambda app: route(app, "runtimes"), "The specified route conflicts with one or more built in routes."),
        (lambda app: route(app, "a/{req}"), "'req' to type 'Microsoft.AspNetCore.Http.HttpRequest'."),
        (lambda app: route(app, "a", req="Headers"), "'Headers' to type 'Microsoft.AspNetCore.Http.HttpRequest'."),
        (lambda app: activity(app, "Data"), "Error indexing method 'Functions.f': Can't bind parameter 'Data' to type 'System.String'."),
        (lambda app: activity(app, "instanceid"), "Can't bind parameter 'instanceid' to type 'System.String'."),
        (lambda app: blob(app, "name"), "Can't bind parameter 'name' to type 'System.IO.Stream'."),
        (lambda app: blob(app, "metadata"), "Can't bind parameter 'metadata' to type 'System.IO.Stream'."),
        (lambda app: queue(app, "dequeueCount"), "Can't bind parameter 'dequeueCount' to type 'System.String'."),
    ],
)  # fmt: skip
def test_azure_disables_such_a_function_alone(register: Register, said: str, caplog: pytest.LogCaptureFixture) -> None:
    """The log has Azure's words and says that the function is disabled; the others of the app are there."""
    app = df.DFApp()
    timer(app, function="before")
    register(app)
    timer(app, function="after")
    index = index_functions(app.get_functions())
    assert [each.name for each in index.functions] == ["before", "after"]
    assert said in caplog.text
    assert "failed indexing and will be disabled." in caplog.text


@pytest.mark.parametrize(
    "register",
    [
        lambda app: timer(app, function="export-host"),
        lambda app: timer(app, function="A-b_9"),
        lambda app: route(app, "a/{id}"),
        lambda app: activity(app, "payload"),
        lambda app: blob(app, "landed"),
        lambda app: queue(app, "id"),
    ],
)
def test_azure_takes_such_a_function(register: Register) -> None:
    """What only resembles a refused name is taken."""
    app = df.DFApp()
    register(app)
    assert len(index_functions(app.get_functions()).functions) == 1


def test_a_route_belongs_to_the_first_function_that_takes_it() -> None:
    """A second function of the same route is disabled if their methods meet, whatever the case of the route."""
    app = df.DFApp()
    route(app, "Runs/{id}", "get", ("GET",))
    route(app, "runs/{id}", "post", ("POST",))
    route(app, "runs/{ID}/", "again", ("GET",))
    assert [each.name for each in index_functions(app.get_functions()).functions] == ["get", "post"]

"""What Azure refuses, bills or does by default, and infra/ therefore says."""

from landfall.cli.deployed import NEEDED_ROLES, SETTINGS
from tests.infra.bicep import Expression, resources, template
from tests.infra.test_needs import ROOT, given, one


def test_flex_consumption_takes_every_property_of_the_site() -> None:
    """Flex Consumption refuses a site with `ftpsState` (error 51021), so the publishing policy closes FTP instead."""
    assert "ftpsState" not in one("app").body["properties"]["siteConfig"]


def test_an_instance_serves_a_page_and_its_parts_at_once() -> None:
    """Python's default is one request for an instance: a page of the dashboard would start several."""
    scale = one("app").body["properties"]["functionAppConfig"]["scaleAndConcurrency"]
    assert scale["triggers"]["http"]["perInstanceConcurrency"] >= 8


def test_the_python_version_is_chosen() -> None:
    """3.12, on which the app has been tried, unless a parameter says 3.13."""
    runtime = one("app").body["properties"]["functionAppConfig"]["runtime"]
    assert runtime == {"name": "python", "version": Expression("pythonVersion")}
    assert template("main.bicep").parameters["pythonVersion"] == "3.12"
    text = (ROOT / "infra/main.bicep").read_text(encoding="utf-8")
    assert "@allowed(['3.12', '3.13'])\nparam pythonVersion" in text


def test_no_log_line_is_sampled_away() -> None:
    """Alerts read log lines, and the exporter drops those of traces that it samples away."""
    assert given()["OTEL_TRACES_SAMPLER"] == "microsoft.fixed_percentage"
    assert given()["OTEL_TRACES_SAMPLER_ARG"] == "1.0"


def test_the_scheduler_is_named_by_host_json_alone() -> None:
    """The scale controller reads host.json and no app setting that overrides it."""
    assert [name for name in given() if name.startswith("AzureFunctionsJobHost__")] == []
    settings = template("app.bicep").variable("forScheduler").values[1]
    assert [each["name"] for each in settings] == ["DURABLE_TASK_SCHEDULER_CONNECTION_STRING"]


def test_a_budget_keeps_its_start() -> None:
    """Azure refuses another start date, so it comes from the environment and not from the day of the deployment."""
    start = one("budget").body["properties"]["timePeriod"]["startDate"]
    assert start == Expression("start")
    assert template("budget.bicep").parameters["start"] is None
    assert template("main.bicep").modules["budget"][1]["params"]["start"] == Expression("budgetStart")
    for path in (ROOT / "infra").glob("*.bicep"):
        assert "utcNow" not in path.read_text(encoding="utf-8"), path.name


def test_a_system_topic_of_another_service_can_be_used() -> None:
    """A storage account has one at most, and Defender for Storage may have made it: then its name is given."""
    name = template("main.bicep").modules["landingEvents"][1]["params"]["name"]
    assert name.values[1] == Expression("eventTopic")


def test_a_role_assignment_is_named_by_its_principal() -> None:
    """Azure refuses to change an assignment's principal, so a new principal needs an assignment with a new name."""
    for each in resources():
        if each.type == "Microsoft.Authorization/roleAssignments":
            assert each.body["properties"]["principalId"].text in each.body["name"].text, each.file


def test_lists_may_have_spaces_and_empty_items() -> None:
    """Each list is split into trimmed items without the empty ones; a setting without = is no error of an index."""
    main, app = template("main.bicep"), template("app.bicep")
    for name in ("emailItems", "secretItems", "settingItems"):
        text = main.variables[name].text.decode()
        assert text.endswith(": empty(trim(item)) ? [] : [trim(item)]]"), name
    (setting,) = app.variable("further")
    assert "indexOf" not in setting["name"].text + setting["value"].text


def test_the_doctor_looks_for_the_settings_that_are_given() -> None:
    """Those of every deployment, whatever its parameters."""
    assert {each["name"] for each in template("app.bicep").variable("always")} == SETTINGS


def test_the_doctor_looks_for_the_roles_that_are_given() -> None:
    """Each of the app's identity, with the end of its scope."""
    data = template("data-storage.bicep")
    host = [each.text.removeprefix("roles.") for each in template("host-storage.bicep").variable("appRoles")]
    assert set(NEEDED_ROLES) == {
        *((role, "/storageaccounts/sthost*") for role in host),
        *(("storageBlobDataContributor", f"/containers/{each}") for each in data.variable("appContainers")),
        *(("storageQueueDataContributor", f"/queues/{each}") for each in data.variable("appQueues")),
        ("storageTableDataContributor", f"/tables/{one('runs').body['name']}"),
        ("monitoringMetricsPublisher", "/components/appi-*"),
    }

"""host.json, local.settings.json and settings in bindings."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from local.host.settings import (
    HostSettings,
    SettingsError,
    connection_string,
    load_local_settings,
    parse_timespan,
    read_host_json,
    resolve,
)


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    """Environment variables for one test, with names that no machine has; removed at the end."""
    made = {"LANDFALL_TEST_A": "a", "AzureWebJobsLANDFALL_TEST_B": "b"}
    os.environ.update(made)
    yield made
    for name in [each for each in os.environ if "LANDFALL_TEST" in each]:
        del os.environ[name]


def test_the_error_locates_a_mistake_in_host_json(tmp_path: Path) -> None:
    """The error has the file, line and column of the mistake, also after a second object."""
    (tmp_path / "host.json").write_text('{\n  "version": "2.0"\n  "a": 1\n}', encoding="utf-8")
    with pytest.raises(SettingsError, match=r"host\.json, line 3, column 3"):
        read_host_json(tmp_path)
    (tmp_path / "host.json").write_text('{"version": "2.0"}\n{}', encoding="utf-8")
    with pytest.raises(SettingsError, match=r"host\.json, line 2, column 1: Extra data"):
        read_host_json(tmp_path)


@pytest.mark.parametrize("text", ["[]", '{"version": "1.0"}', "{}"])
def test_an_invalid_host_json_is_refused(tmp_path: Path, text: str) -> None:
    """host.json must exist and hold one JSON object of version 2.0."""
    (tmp_path / "host.json").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match="host"):
        read_host_json(tmp_path)
    (tmp_path / "host.json").unlink()
    with pytest.raises(SettingsError, match="not found"):
        read_host_json(tmp_path)


def test_a_value_of_the_wrong_type_is_refused() -> None:
    """The error names the path of a number that is written as text; a missing number has its default."""
    settings = HostSettings({"extensions": {"blobs": {"poisonBlobThreshold": "5"}}})
    with pytest.raises(SettingsError, match=r"extensions\.blobs\.poisonBlobThreshold"):
        settings.value("extensions.blobs.poisonBlobThreshold", 5)
    assert settings.value("extensions.blobs.maxDegreeOfParallelism", 8) == 8


def test_the_environment_overrides_host_json(environment: dict[str, str]) -> None:
    """AzureFunctionsJobHost__ variables override host.json and have the type of its values."""
    assert environment
    name = "AzureFunctionsJobHost__LANDFALL_TEST__x"
    os.environ[name] = "7"
    assert HostSettings({"LANDFALL_TEST": {"x": 5}}).value("LANDFALL_TEST.x", 1) == 7
    os.environ[name] = "seven"
    with pytest.raises(SettingsError, match="whole number"):
        HostSettings({}).value("LANDFALL_TEST.x", 1)


def test_local_settings_do_not_override_the_environment(tmp_path: Path, environment: dict[str, str]) -> None:
    """Values set only missing environment variables; a value that is not a string, or is encrypted, is an error."""
    assert environment
    path = tmp_path / "local.settings.json"
    path.write_text('{"Values": {"LANDFALL_TEST_A": "other", "LANDFALL_TEST_C": "c"}}', encoding="utf-8")
    load_local_settings(tmp_path)
    assert (os.environ["LANDFALL_TEST_A"], os.environ["LANDFALL_TEST_C"]) == ("a", "c")
    path.write_text('{"Values": {"LANDFALL_TEST_D": 1}}', encoding="utf-8")
    with pytest.raises(SettingsError, match=r"Values\.LANDFALL_TEST_D"):
        load_local_settings(tmp_path)
    path.write_text('{"IsEncrypted": true, "Values": {}}', encoding="utf-8")
    with pytest.raises(SettingsError, match="encrypted"):
        load_local_settings(tmp_path)


def test_settings_in_bindings_are_resolved(environment: dict[str, str]) -> None:
    """Settings replace %NAME% and connection names, with or without the prefix; a missing setting is an error."""
    assert environment
    assert resolve("in/%LANDFALL_TEST_A%/{name}", "here") == "in/a/{name}"
    assert connection_string("LANDFALL_TEST_B", "here") == "b"
    with pytest.raises(SettingsError, match="here: the app setting 'LANDFALL_TEST_X'"):
        resolve("%LANDFALL_TEST_X%", "here")
    with pytest.raises(SettingsError, match="here: set the app setting 'LANDFALL_TEST_X'"):
        connection_string("LANDFALL_TEST_X", "here")


def test_time_spans_have_the_format_of_dot_net() -> None:
    """Time spans may have days, hours and fractions; other texts are refused."""
    assert parse_timespan("1.02:03:04.5", "x") == timedelta(days=1, hours=2, minutes=3, seconds=4.5)
    with pytest.raises(SettingsError, match="not a time span"):
        parse_timespan("5 minutes", "x")

"""Outages: what concerns the environment fails no file, and when it is over the files go, in the order of landing."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import certifi
import pytest
import requests

from fno_emulator.auth.tenant import CLIENT_ID
from landfall.config.settings import Storage
from landfall.notices import RUN_ENDED, UNAVAILABLE
from landfall.storage.account import DataAccount
from local.azurite.server import run_azurite
from local.ports import free_ports
from local.processes import stop_at_end
from local.stack import EMULATOR_PORTS, READY_SECONDS, ROOT, app_settings, emulator_part
from tests.e2e.site import NEVER, Site, customer_groups
from tests.e2e.still_site import StillSite, run_still_site
from tests.host.running_host import RunningHost
from tests.unit.receiver import Receiver, receiving

PROJECTS = 5
NOTICES = {"LANDFALL__NOTICES__WEBHOOK": "%HOOK%", "LANDFALL__NOTICES__SECRET": "%HOOK_SECRET%", "HOOK_SECRET": "s"}
OPERATIONS = ("GetAzureWriteUrl", "Read DataManagementDefinitionGroupDetails")
NOWHERE = "https://nowhere.invalid"


def drop(site: StillSite, files: int) -> list[str]:
    """Put files of several projects into landing; their names in the order of landing."""
    names = [f"packages/USMF/{number:03}.zip" for number in range(files)]
    for number, name in enumerate(names):
        site.drop(name, customer_groups(f"P{number % PROJECTS}", (f"G{number}", "x")))
    return names


def ended(site: StillSite, files: int) -> list[dict[str, Any]]:
    """All runs, once so many have ended."""
    runs = site.runs()
    return runs if sum(run["outcome"] is not None for run in runs) >= files else []


def register(site: StillSite, **client: Any) -> None:
    """Have F&O and its authority know the app in this way."""
    about = {"client_id": CLIENT_ID, **client}
    requests.post(f"{site.fno}/_emulator/clients", json=about, timeout=60).raise_for_status()


def refuse(site: StillSite, status: int) -> None:
    """Have F&O answer the next calls of all that Landfall asks before a file is sent with a status."""
    for operation in OPERATIONS:
        for nth in range(1, 200):
            site.plan_fault({"operation": operation, "nth": nth, "do": {"status": status}})


def mend(site: StillSite) -> None:
    """Have F&O answer again."""
    requests.delete(f"{site.fno}/_emulator/faults", timeout=60).raise_for_status()


@dataclass(frozen=True)
class Outage:
    """An outage: the app's settings while it lasts, how it begins and ends, and what the reason holds.

    So many `files` land in it, and it lasts for so many turned `minutes` after they wait. F&O refuses one of them after
    it, where `refused` says so.
    """

    reason: str
    settings: dict[str, str]
    begin: Callable[[StillSite], None]
    end: Callable[[StillSite], None]
    files: int = 15
    minutes: int = 3
    refused: int = 0


SECRET = "the-new-secret"
OUTAGES = {
    "wrong secret": Outage(
        "AADSTS7000215",
        {"FNO_CLIENT_SECRET": SECRET},
        lambda _: None,
        lambda site: register(site, client_secret=SECRET),
        files=50,
    ),
    "403": Outage(
        "(403)",
        {"FNO_CLIENT_SECRET": SECRET},
        lambda site: register(site, client_secret=SECRET, mapped=False),
        lambda site: register(site, client_secret=SECRET),
        refused=1,
    ),
    "503": Outage("503", {}, lambda site: refuse(site, 503), mend, minutes=20),
    "DNS": Outage("DNS has no address", {"FNO_AUTHORITY": NOWHERE}, lambda _: None, lambda site: site.restart()),
    "TLS": Outage("is not trusted", {"FNO_CA_BUNDLE": certifi.where()}, lambda _: None, lambda site: site.restart()),
}


def all_wait(site: StillSite, outage: Outage) -> bool:
    """Whether all runs wait, and each says why."""
    runs = site.runs()
    waiting = [run for run in runs if run["state"] == "Waiting" and outage.reason in (run["reason"] or "")]
    return len(waiting) == outage.files


def kinds(receiver: Receiver) -> list[str]:
    """The types of the notices that came."""
    return [event["type"] for event in receiver.events]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("outage", OUTAGES.values(), ids=OUTAGES)
def test_an_outage_fails_no_file(tmp_path: Path, outage: Outage) -> None:
    """Runs wait with the reason, people are told once, and after it all files go: once each, in their order."""
    with receiving() as receiver:
        with run_still_site(tmp_path, HOOK=receiver.url, **NOTICES) as site:
            site.restart(**outage.settings)
            outage.begin(site)
            if outage.refused:
                refusal = {"status": 400, "body": {"error": {"message": "no such entity"}}}
                site.plan_fault({"operation": "ImportFromPackage", "nth": 3, "do": refusal})
            names = drop(site, outage.files)
            site.wait(lambda: all_wait(site, outage), "the outage", 200)
            begun = site.now()
            site.wait(lambda: site.now() - begun > timedelta(minutes=outage.minutes), "the night", 200)
            assert {run["state"] for run in site.runs()} == {"Waiting"}
            outage.end(site)
            runs = site.wait(lambda: ended(site, outage.files), "the end", 300)
            assert {run["attempt"] for run in runs} == {1}
            failed = [run["reason"] for run in runs if run["outcome"] != "Succeeded"]
            assert [("no such entity" in reason) for reason in failed] == [True] * outage.refused
            calls = [each for each in site.operations("ImportFromPackage") if each["phase"] == "start"]
            assert len(calls) == outage.files
            landed = {run["execution_id"]: names.index(run["source"]["name"]) for run in runs}
            order = [landed[each["execution_id"]] for each in calls]
            for project in range(PROJECTS):
                own = [each for each in order if each % PROJECTS == project]
                assert own == sorted(own)
            assert order[:PROJECTS] == list(range(PROJECTS))
            site.wait(lambda: kinds(receiver).count(RUN_ENDED) == outage.files, "the notices")
        assert kinds(receiver).count(UNAVAILABLE) == 1


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_two_hosts_sit_out_an_f_and_o_that_restarts(tmp_path: Path) -> None:
    """Killed in the middle and back after some seconds, F&O executes each file once, and nobody need know of it."""
    files, ports = 20, free_ports(0, 0, 0)
    options = [text for name, port in zip(EMULATOR_PORTS, ports, strict=True) for text in (name, str(port))]
    with receiving() as receiver, run_azurite(tmp_path / "azurite") as azurite, stop_at_end() as parts:
        fno = emulator_part(tmp_path / "fno", tmp_path / "fno.log", *options)
        parts.append(fno)
        fno.start()
        settings = app_settings(azurite.connection_string, fno.announcement(READY_SECONDS))
        settings |= {"EXPORT_SCHEDULE": NEVER, "HOOK": receiver.url, **NOTICES}
        account = DataAccount(Storage(connection_string=azurite.connection_string))
        account.make_containers()
        hosts = [RunningHost(ROOT, tmp_path / "host", **settings) for _ in range(2)]
        for host in hosts:
            parts.append(host.part)
            host.start()
        site = StillSite(hosts[1], settings["FNO_URL"], account, lambda **_: hosts[1], tmp_path / "now")
        drop(site, files)
        site.wait(lambda: ended(site, 3), "the first files", 100, time_passes=False)
        fno.kill()
        time.sleep(5)
        fno.start()
        fno.announcement(READY_SECONDS)
        runs = site.wait(lambda: ended(site, files), "the end", 200, time_passes=False)
        assert {(run["outcome"], run["attempt"]) for run in runs} == {("Succeeded", 1)}
        assert len({each["id"] for each in site.executions()}) == len(site.executions()) == files
        assert kinds(receiver).count(UNAVAILABLE) == 0


@pytest.mark.parametrize(
    ("operation", "status"),
    [("ImportFromPackage", 302), ("GetAzureWriteUrl", 404), ("ImportFromPackage", 403), ("GetAzureWriteUrl", 503)],
)
def test_one_odd_answer_costs_seconds(site: Site, operation: str, status: int) -> None:
    """The first probe gets through, and the file goes, once."""
    name = f"Odd {operation[:6]} {status}"
    site.plan_fault(
        {"operation": operation, "do": {"status": status, "headers": {"Location": "https://login.example/"}}}
    )
    site.drop(f"packages/USMF/{name}.zip", customer_groups(name, (f"O{status}", "x")))
    run = site.run_of(f"packages/USMF/{name}.zip")
    assert (run["outcome"], run["attempt"]) == ("Succeeded", 1)
    assert [each["project"] for each in site.fno("executions")["executions"]].count(name) == 1

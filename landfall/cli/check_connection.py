"""`python -m landfall.cli.check_connection`: checks the way to F&O and to the app's storage, with its settings."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Mapping
from typing import TextIO

from landfall.config.plan_file import SettingsError
from landfall.config.settings import read_settings
from landfall.config.usable import read_usable
from landfall.connection_check import Step, own_storage, way_through_fno, way_to_token
from landfall.services import fno_client
from landfall.storage.account import DataAccount


def check(environment: Mapping[str, str], out: TextIO) -> int:
    """Print what each step found, and what to do about the first that fails; return the exit code."""
    usable = read_usable(environment)
    for name, reason in usable.unusable.items():
        _print_steps([Step("settings", ok=False, said=reason)], out, name)
    try:
        settings = read_settings(environment)
    except SettingsError as mistakes:
        print(f"FAILED  settings: {mistakes}", file=out)
        return 1
    clients = {name: fno_client(each, settings.plan.submission) for name, each in usable.environments.items()}
    account = DataAccount(settings.storage)
    hosts = settings.plan.transfer.hosts
    good = [
        _print_steps(way_to_token(fno), out, name) and _print_steps(way_through_fno(fno, hosts), out, name)
        for name, fno in clients.items()
    ]
    good.append(not usable.unusable)
    return 0 if _print_steps(own_storage(account, account.ledger_table), out) and all(good) else 1


def _print_steps(steps: Iterable[Step], out: TextIO, environment: str = "") -> bool:
    """Print the steps; return whether all succeeded."""
    good = True
    for step in steps:
        name = f"{environment}, {step.name}" if environment else step.name
        print(f"{'ok    ' if step.ok else 'FAILED'}  {name}: {step.said}", file=out, flush=True)
        good = good and step.ok
    return good


if __name__ == "__main__":
    about = "Check the way to F&O and to the app's storage, with the settings in this shell."
    ArgumentParser("python -m landfall.cli.check_connection", description=about).parse_args()
    sys.exit(check(os.environ, sys.stdout))

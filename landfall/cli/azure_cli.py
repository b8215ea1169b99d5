"""Runs the Azure CLI (`az`) in one subscription, and says what to do when it cannot.

Needs nothing but Python, because a deployment's hooks run where no package is installed.
"""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str = ""
    errors: str = ""


Run = Callable[[Sequence[str]], Ended]

MISSING = 127
"""The exit code of a command that is not installed, as in a shell."""
LASTING = {
    "az login": "Sign in with az login.",
    "AADSTS": "Sign in again with az login.",
    "SubscriptionNotFound": "Choose a subscription that az account list shows.",
    "ResourceGroupNotFound": "Create the resources with azd provision, or choose the right subscription.",
    "AuthorizationFailed": "Ask an owner of the subscription for the rights that docs/deploying.md names.",
}
"""What `az` says when trying again is of no use, and what to do instead."""


class AzError(Exception):
    """`az` failed; the message names what was tried and what to do. `lasts` says that trying again is of no use."""

    def __init__(self, message: str, *, lasts: bool) -> None:
        super().__init__(message)
        self.lasts = lasts


def run_command(command: Sequence[str]) -> Ended:
    """Run a command and return how it ended."""
    program = shutil.which(command[0])  # on Windows az is a script, which only its full name starts
    if program is None:
        return Ended(MISSING, errors=f"{command[0]} is not installed")
    done = subprocess.run([program, *command[1:]], capture_output=True, text=True, check=False)
    return Ended(done.returncode, done.stdout, done.stderr)


class Az:
    """The Azure CLI in one subscription. Every method raises AzError."""

    def __init__(self, subscription: str, run: Run = run_command) -> None:
        self.subscription = subscription
        self._run = run

    def sign_in(self) -> None:
        """Make sure that `az` is there, is signed in, and sees the subscription."""
        self.do("account", "show", "--output", "none")

    def do(self, *arguments: str) -> str:
        """Run `az` with these arguments and return what it prints."""
        ended = self._run(["az", *arguments, "--subscription", self.subscription])
        if ended.code == 0:
            return ended.out
        tried = " ".join(("az", *itertools.takewhile(lambda each: not each.startswith("-"), arguments)))
        if ended.code == MISSING:
            raise AzError(f"{tried}: the Azure CLI is missing. Install it: https://aka.ms/azure-cli", lasts=True)
        lines = [line.strip() for line in ended.errors.splitlines() if line.strip()] or ["no reason given"]
        for said, todo in LASTING.items():
            if reason := next((line for line in lines if said in line), ""):
                raise AzError(f"{tried}: {reason} {todo}", lasts=True)
        raise AzError(f"{tried}: {next((line for line in lines if line.startswith('ERROR')), lines[-1])}", lasts=False)

    def rest(self, method: str, path: str, *more: str) -> Any:
        """Call Azure Resource Manager and return its JSON; `path` follows /subscriptions/ID, or is a whole URL."""
        url = path if path.startswith("https://") else f"/subscriptions/{self.subscription}{path}"
        return json.loads(self.do("rest", "--method", method, "--url", url, *more) or "{}")

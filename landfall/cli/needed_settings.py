"""The app settings that landfall.yaml needs: their names, and what needs them. Never their values."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from landfall.config.environments import prefix_of
from landfall.config.mistakes import named
from landfall.config.plan import Plan
from landfall.config.settings import STORAGE_SETTINGS
from landfall.config.types import YamlPath
from landfall.config.yaml_source import Located

PROOFS = ("CLIENT_SECRET", "CERTIFICATE", "CERTIFICATE_FILE", "MANAGED_IDENTITY")
"""The settings that prove who the app is; one of them is enough."""


@dataclass(frozen=True)
class Needed:
    """An app setting, what needs it, and whether it is set."""

    name: str
    why: str
    is_set: bool


def needed_settings(plan: Plan, located: Located, environment: Mapping[str, str]) -> Iterator[Needed]:
    """The app settings that the file needs, in its order."""
    nameless = not plan.environments or any("" in names for names in plan.used_environments.values())
    for name in (*[""] * nameless, *plan.environments):
        of, prefix = f"environment {name}" if name else "F&O", prefix_of(name)
        proof = next((each for each in PROOFS if environment.get(prefix + each)), PROOFS[0])
        for setting, why in {"URL": of, **dict.fromkeys(("TENANT", "CLIENT_ID", proof), f"{of}, to sign in")}.items():
            optional = "" if setting == "URL" else "; a managed identity needs no such setting"
            yield Needed(prefix + setting, why + optional, bool(environment.get(prefix + setting)))
    connection, blobs, tables, _ = STORAGE_SETTINGS.values()
    has_storage = environment.get(connection) or (environment.get(blobs) and environment.get(tables))
    yield Needed(connection, f"storage; or {blobs} and {tables}", bool(has_storage))
    for path, value in _values(plan):
        if value and (found := re.fullmatch(r"%(\w+)%", value)):
            yield Needed(found[1], f"{named(path, located)} ({located.where(path)})", bool(environment.get(found[1])))


def _values(plan: Plan) -> Iterator[tuple[YamlPath, str | None]]:
    """The settings of the file that may name an app setting."""
    for index, export in enumerate(plan.exports):
        yield ("exports", index, "schedule"), export.schedule
    yield ("sweeper", "schedule"), plan.sweeper.schedule
    yield ("hints", "key"), plan.hints.key
    for name in ("webhook", "secret", "topic", "topic_key"):
        yield ("notices", name), getattr(plan.notices, name)
    for index, rule in enumerate(plan.notices.people):
        yield ("notices", "people", index, "teams"), rule.teams
        yield ("notices", "people", index, "endpoint"), rule.endpoint

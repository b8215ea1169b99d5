"""What can be used of landfall.yaml and the app settings: a part with a mistake is left out, and the rest works."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from pydantic import Field, ValidationError

from landfall.config.environments import Fno, read_fno, unknown_settings
from landfall.config.mistakes import Mistake, mistakes_of, named, value_at
from landfall.config.notices import CHANNELS, Receiver
from landfall.config.parts import Parts
from landfall.config.people import Audience, audience_of
from landfall.config.plan import LeftOutRoute, Plan
from landfall.config.plan_file import TWICE, file_of, read_source, validate
from landfall.config.schedules import check_schedule, resolve_schedule
from landfall.config.types import Frozen

HIDDEN = {"sources": "how it reads files", "freeze": "when nothing may go there"}
"""What one cannot know of an environment when an entry of the section is left out."""


class Usable(Frozen):
    """What can be used. `mistakes` says, a line each, what is left out and why (empty: nothing).

    `fno` is the environment that FNO_URL and so on describe, `others` are those that landfall.yaml names; one that is
    left out is missing here, and its routes and exports are missing in the plan. Schedules that name an app setting are
    resolved.
    """

    plan: Plan
    mistakes: tuple[str, ...] = ()
    fno: Fno | None = None
    others: Mapping[str, Fno] = {}
    unusable: Mapping[str, str] = {}
    """What is wrong with each environment that is left out, by name."""
    notices: tuple[Receiver, ...] = ()
    hints_key: str | None = Field(default=None, repr=False)
    people: tuple[Audience, ...] = ()
    app_url: str = ""
    """The app's public address; empty when nobody knows it."""

    @property
    def environments(self) -> dict[str, Fno]:
        """All environments that can be used, by name."""
        return ({"": self.fno} if self.fno else {}) | dict(self.others)


def read_usable(environment: Mapping[str, str], file: Path | None = None) -> Usable:
    """What can be used; never raises for what the file or an app setting says."""
    file = file or file_of(environment)
    located, lines = read_source(environment, file)
    parts = Parts(located)
    mistakes: list[Mistake] = [(path, TWICE) for path in located.twice]
    while True:
        before = len(parts.left_out)
        lines += parts.leave_out(mistakes)
        if mistakes and len(parts.left_out) == before:  # what is wrong is no part, so nothing can be used
            parts = Parts(replace(located, data={}, is_read=False))
        try:
            plan = validate(parts.rest(), file)
        except ValidationError as error:
            mistakes = list(mistakes_of(error, Plan, located, parts.in_file))
        else:
            mistakes = [(parts.in_file(path), reason) for path, reason in _missing_settings(plan, environment)]
            unknown = unknown_names(plan, parts.doubtful())
            mistakes += [(parts.in_file(path), reason) for path, reason in unknown]
            if not mistakes:
                break
    found, wrong = _environments(plan, environment)
    for name, reason in wrong.items():
        lines.append(_leave_out_environment(parts, plan, name, f"app settings: {reason}", reason))
    for section, hidden in HIDDEN.items():
        for name in _environments_of_unclear(section, parts, plan) - wrong.keys():
            found.pop(name, None)
            wrong[name] = f"a mistake in {section} hides {hidden}, so it gets no files"
            lines.append(_leave_out_environment(parts, plan, name, f"{section}: {wrong[name]}", wrong[name]))
    lines += [f"app settings: {each}" for each in unknown_settings(environment, plan.environments)]
    exports = tuple(each.with_schedule(environment) for each in plan.exports if (each.environment or "") not in wrong)
    imports = tuple(each for each in plan.imports if (each.environment or "") not in wrong)
    sweeper = plan.sweeper.model_copy(update={"schedule": resolve_schedule(plan.sweeper.schedule, environment)})
    unread = [LeftOutRoute(line, 0) for line in lines[:1] if not parts.located.is_read]
    usable = plan.model_copy(update={"imports": imports, "exports": exports, "sweeper": sweeper})
    return Usable(
        plan=usable.without([*parts.routes(), *unread], parts.doubtful()),
        mistakes=tuple(lines),
        fno=found.pop("", None),
        others=found,
        unusable=wrong,
        hints_key=plan.hints.key_in(environment),
        notices=tuple(each for channel in CHANNELS if (each := plan.notices.receiver(channel, environment))),
        people=tuple(audience_of(each, environment) for each in plan.notices.people),
        app_url=plan.notices.address_of_app(environment),
    )


def _missing_settings(plan: Plan, environment: Mapping[str, str]) -> Iterator[Mistake]:
    """The mistakes in app settings that landfall.yaml names, as mistakes of what names them."""
    for index, each in enumerate(plan.exports):
        try:
            each.with_schedule(environment)
        except (LookupError, ValueError) as error:
            yield ("exports", index, "schedule"), str(error.args[0])
    try:
        check_schedule(resolve_schedule(plan.sweeper.schedule, environment))
    except (LookupError, ValueError) as error:
        yield ("sweeper", "schedule"), str(error.args[0])
    try:
        plan.hints.key_in(environment)
    except (LookupError, ValueError) as error:
        yield ("hints", "key"), str(error.args[0])
    for channel in CHANNELS:
        try:
            plan.notices.receiver(channel, environment)
        except (LookupError, ValueError) as error:
            yield ("notices", channel), str(error.args[0])
    for index, rule in enumerate(plan.notices.people):
        try:
            audience_of(rule, environment)
        except (LookupError, ValueError) as error:
            yield ("notices", "people", index), str(error.args[0])


def unknown_names(plan: Plan, doubtful: Collection[str] = ()) -> Iterator[Mistake]:
    """The mistakes in rules for people that name no entry of a section; `doubtful` sections are not all known."""
    sections: tuple[tuple[str, str, Collection[str]], ...] = (
        ("imports", "routes", [each.name for each in plan.imports]),
        ("exports", "exports", [each.name for each in plan.exports]),
        ("environments", "environments", plan.environments),
    )
    for index, rule in enumerate(plan.notices.people):
        for section, setting, known in sections:
            for name in getattr(rule, setting):
                if section not in doubtful and name not in known:
                    yield ("notices", "people", index, setting), f"{name} is not one of {section}: correct or remove it"


def _environments(plan: Plan, environment: Mapping[str, str]) -> tuple[dict[str, Fno], dict[str, str]]:
    """The environments that can be used, and what is wrong with each other one that is listed or used, by name."""
    found, wrong = {}, {}
    for name in ("", *plan.environments):
        try:
            found[name] = read_fno(environment, name)
        except ValueError as error:
            if name or any("" in names for names in plan.used_environments.values()):
                wrong[name] = str(error)
    return found, wrong


def _environments_of_unclear(section: str, parts: Parts, plan: Plan) -> set[str]:
    """The environments that files may be sent to in a wrong form or at a wrong time: an entry of theirs is left out."""
    known, found = {"", *plan.environments}, set[str]()
    for path in parts.left_out:
        if path[0] == section:
            entry = value_at(parts.located.data, path)
            name = str(entry.get("environment") or "") if isinstance(entry, dict) else "?"
            found |= ({name} & known) or known
    return found


def _leave_out_environment(parts: Parts, plan: Plan, name: str, line: str, reason: str) -> str:
    """Leave out an environment's routes and exports; returns a line about it and them, for the nameless one `line`."""
    users = [
        parts.in_file((section, index))
        for section, names in plan.used_environments.items()
        for index, used in enumerate(names)
        if used == name
    ]
    located = parts.located
    if name:
        where = located.where(parts.in_file(("environments", plan.environments.index(name))))
        line = f"{where}: environment {name}: {reason}"
    if users:
        line += f". Left out with it: {', '.join(f'{named(each, located)} ({located.where(each)})' for each in users)}"
    parts.left_out |= dict.fromkeys(users, line)
    return line

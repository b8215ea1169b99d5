"""The models of landfall.yaml: what lands where, what is exported when, and how Landfall works."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from landfall.config.exports import Export, Schedule, conflicts
from landfall.config.import_routes import ImportRoute
from landfall.config.notices import Notices
from landfall.config.path_template import PathTemplate
from landfall.config.sources import DataSource
from landfall.config.types import ConflictError, CopyMode, Environment, Frozen, YamlPath
from landfall.fno.errors import UNKNOWN_AFTER_LOST_CALL, NotSentError
from landfall.packages.manifest import Dialect
from landfall.polling import Pace


class VanishedError(LookupError):
    """A route, export or environment is no longer in landfall.yaml. No retry brings it back."""


class Transfer(Frozen):
    """How packages get to F&O's storage."""

    copy_mode: CopyMode = "auto"
    """`server`: F&O's storage copies from Landfall's; `stream`: Landfall sends the bytes; `auto`: `server`, and
    `stream` where that fails."""
    hosts: tuple[str, ...] = ()
    """Hosts that F&O's file URLs may name beside those of Azure Blob Storage, such as the file host of an F&O on
    premises."""


class Polling(Frozen):
    """How often Landfall asks F&O for the status of an execution."""

    floor_seconds: float = Field(default=5, ge=2)
    """The shortest wait between two status calls; Azure cuts waits to whole seconds."""
    cap_seconds: float = Field(default=60, gt=0)
    """The longest wait between two status calls."""
    growth: float = Field(default=1.15, gt=1)
    """How fast waits grow: with 1.15, Landfall notices the end of an execution at most 15 % of its duration late."""

    @property
    def pace(self) -> Pace:
        """These settings as the record that orchestrations carry."""
        return Pace(self.floor_seconds, self.cap_seconds, self.growth)


class Submission(Frozen):
    """How Landfall starts executions, and what it does when F&O's answer is lost."""

    grace_seconds: float = Field(default=UNKNOWN_AFTER_LOST_CALL, ge=0)
    """After a lost answer, how long F&O may not know the execution before Landfall submits it again or gives up."""
    answer_seconds: float = Field(default=3600, gt=0)
    """How long ImportFromPackage may take to answer; F&O answers once it has unpacked the package."""
    action: Literal["plain", "auto"] = "plain"
    """`plain`: ImportFromPackage and ExportToPackage; `auto`: their asynchronous variants, where F&O has them with
    parameters that Landfall knows."""


class Gate(Frozen):
    """How many runs may call F&O at the same time. Executions of one data project never overlap."""

    calls: int = Field(default=1, ge=1)
    """How many ImportFromPackage calls may overlap; raise it only where F&O's enhanced parallel package import is on
    (fno-behaviour 5.9)."""


class Sweeper(Frozen):
    """The timer that picks up lost events and runs whose host died."""

    schedule: Schedule = "0 */5 * * * *"
    """When to sweep: NCRONTAB with six fields, seconds first, or %NAME% of the app setting that holds it."""
    patience_seconds: float = Field(default=120, gt=0)
    """How long a file may lie unclaimed, or a run without a live orchestration, before the sweeper acts."""


class Access(Frozen):
    """Who may use the HTTP API and the dashboard."""

    sign_in: bool = False
    """Whether App Service authentication (Entra) guards the app: the roles Runs.Read and Runs.Operate then replace the
    function key. While that authentication is off, every request is answered with 503."""


@dataclass(frozen=True)
class LeftOutRoute:
    """A route that cannot be used because of a mistake: `reason` names it, with its line.

    `place` is how many usable routes stand before it. It may take the files that match its templates or whose paths
    begin with `begins`. With neither, its path is unknown, and it may take every file that no other route takes.
    """

    reason: str
    place: int
    templates: tuple[PathTemplate, ...] = ()
    begins: str = ""

    @property
    def is_known(self) -> bool:
        """Whether its path is known, at least how it begins."""
        return bool(self.begins or self.templates)

    def may_take(self, path: str) -> bool:
        """Whether the landing path is one of the route's, as far as its mistake lets one tell."""
        if self.begins:
            return path.startswith(self.begins)
        return any(each.match(path) is not None for each in self.templates)


@dataclass(frozen=True)
class RouteMatch:
    """The route that takes a landing path, and what the path captures; for a part, the marker it waits for."""

    route: ImportRoute
    captures: dict[str, str] = field(default_factory=dict)
    marker: str | None = None


class Plan(Frozen):
    """landfall.yaml: what lands where, and what is exported when."""

    environments: tuple[Environment, ...] = ()
    """Names of further F&O environments, each with its own lanes, tokens and pauses; the app settings FNO_UAT_URL and
    so on describe `uat`."""
    imports: tuple[ImportRoute, ...] = ()
    """Routes for landed files; the first route whose path matches takes a file."""
    exports: tuple[Export, ...] = ()
    """Data projects to export, each on its own schedule."""
    sources: tuple[DataSource, ...] = ()
    """Source data formats of delimited text that are set up in F&O otherwise than F&O does it itself."""
    transfer: Transfer = Transfer()
    polling: Polling = Polling()
    submission: Submission = Submission()
    gate: Gate = Gate()
    sweeper: Sweeper = Sweeper()
    notices: Notices = Notices()
    access: Access = Access()
    _left_out: tuple[LeftOutRoute, ...] = PrivateAttr(())
    _doubtful: frozenset[str] = PrivateAttr(frozenset())

    @model_validator(mode="after")
    def _entries_agree(self) -> Self:
        found: list[tuple[YamlPath, str]] = [(("exports", *path), reason) for path, reason in conflicts(self.exports)]
        if found := [*self._conflicting_routes(), *found, *self._unknown_environments(), *self._twofold_sources()]:
            raise ConflictError(found)
        return self

    def _conflicting_routes(self) -> Iterator[tuple[YamlPath, str]]:
        """Of two routes with one name or one path the later one is the mistake: the first takes the files anyway."""
        for index, each in enumerate(self.imports):
            earlier = self.imports[:index]
            if any(each.name == other.name for other in earlier):
                yield ("imports", index, "name"), f"imports has two entries named {each.name}: give each its own name"
            elif first := next((other for other in earlier if other.path.template == each.path.template), None):
                reason = (
                    f"imports {first.name} and {each.name} have the same path, so {each.name} would never take a file"
                )
                yield ("imports", index, "path"), reason

    def _twofold_sources(self) -> Iterator[tuple[YamlPath, str]]:
        seen = set()
        for index, each in enumerate(self.sources):
            key = (each.environment, each.format.upper())
            if key in seen:
                yield (
                    ("sources", index, "format"),
                    f"{each.format} is set up twice for one environment: keep one of them",
                )
            seen.add(key)

    def dialects(self, environment: str) -> dict[str, Dialect]:
        """How an environment reads delimited text, by the format's name in upper case, where `sources` says so."""
        own = [each for each in self.sources if (each.environment or "") == environment]
        return {each.format.upper(): each.dialect for each in own}

    @property
    def used_environments(self) -> dict[str, list[str]]:
        """The environment of each route and of each export, in their order."""
        return {
            "imports": [each.environment or "" for each in self.imports],
            "exports": [each.environment or "" for each in self.exports],
            "sources": [each.environment or "" for each in self.sources],
        }

    def _unknown_environments(self) -> Iterator[tuple[YamlPath, str]]:
        for section, names in self.used_environments.items():
            for index, name in enumerate(names):
                if name and name not in self.environments:
                    yield (section, index, "environment"), f"{name} is not one of environments: add it there"

    def match(self, path: str) -> RouteMatch | None:
        """The first route that takes a landing path, as a file of its own or as a part; None when no route does."""
        return next((match for route in self.imports if (match := _match(route, path))), None)

    def without(self, left_out: Iterable[LeftOutRoute], doubtful: Iterable[str]) -> Self:
        """This plan, which remembers the routes that were left out of it, and the sections that lack something."""
        plan = self.model_copy()
        plan._left_out, plan._doubtful = tuple(left_out), frozenset(doubtful)  # noqa: SLF001  its own
        return plan

    def missing(self, section: str, name: str | None) -> VanishedError | NotSentError:
        """The error about a name that the plan lacks: it has vanished, or waits for a mistake to be corrected."""
        if section in self._doubtful:
            return NotSentError(
                f"{name} is left out of {section} until a mistake is corrected. GET /api/health names it."
            )
        return VanishedError(f"landfall.yaml has no {section.removesuffix('s')} {name} any more.")

    def reason_to_wait(self, path: str) -> str | None:
        """Why a file stays in landing: a route is left out that may take it, before the first that does.

        None for a file that may go its way. Whatever the mistake in the route, another one must not get its files.
        """
        taker = next((place for place, route in enumerate(self.imports) if _match(route, path)), None)
        for each in self._left_out:
            is_first = taker is None or (each.is_known and each.place <= taker)
            if is_first and (each.may_take(path) or not each.is_known):
                return each.reason
        return None

    def is_part(self, path: str) -> bool:
        """Whether a landing path is a part, which has no run of its own while its marker may still land."""
        match = self.match(path)
        return match is not None and match.marker is not None

    def route(self, name: str | None) -> ImportRoute:
        """The route of this name; raises what `missing` returns."""
        if found := next((each for each in self.imports if each.name == name), None):
            return found
        raise self.missing("imports", name)

    def export(self, name: str | None) -> Export:
        """The export of this name; raises what `missing` returns."""
        if found := next((each for each in self.exports if each.name == name), None):
            return found
        raise self.missing("exports", name)


def _match(route: ImportRoute, path: str) -> RouteMatch | None:
    if (captures := route.path.match(path)) is not None:
        return RouteMatch(route, captures)
    marker = route.marker_of(path)
    return RouteMatch(route, marker=marker) if marker else None

"""The models of landfall.yaml: what lands where, what is exported when, and how Landfall works."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Self

from pydantic import PrivateAttr, model_validator

from landfall.config.behaviour import Access, Gate, Hints, Polling, Submission, Sweeper, Transfer
from landfall.config.exports import Export, conflicts
from landfall.config.freezes import Freeze
from landfall.config.import_routes import ImportRoute, circles
from landfall.config.notices import Notices
from landfall.config.path_template import PathTemplate
from landfall.config.sources import DataSource, twofold
from landfall.config.types import ConflictError, Environment, Frozen, YamlPath
from landfall.fno.errors import NotSentError
from landfall.packages.manifest import Dialect


class VanishedError(LookupError):
    """A route, export or environment is no longer in landfall.yaml. No retry brings it back."""


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
    freeze: tuple[Freeze, ...] = ()
    """Times in which nothing goes to an environment."""
    transfer: Transfer = Transfer()
    polling: Polling = Polling()
    submission: Submission = Submission()
    gate: Gate = Gate()
    sweeper: Sweeper = Sweeper()
    notices: Notices = Notices()
    hints: Hints = Hints()
    access: Access = Access()
    _left_out: tuple[LeftOutRoute, ...] = PrivateAttr(())
    _doubtful: frozenset[str] = PrivateAttr(frozenset())

    @model_validator(mode="after")
    def _entries_agree(self) -> Self:
        sections = {
            "imports": circles(self.imports),
            "exports": conflicts(self.exports),
            "sources": twofold(self.sources),
        }
        found = [((section, *path), reason) for section, each in sections.items() for path, reason in each]
        if found := [*self._conflicting_routes(), *found, *self._unknown_environments()]:
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
            "freeze": [each.environment or "" for each in self.freeze],
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

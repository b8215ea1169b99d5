"""What happens to files in landing, and to the app meanwhile, decided by a seed."""

from dataclasses import dataclass
from hashlib import sha256
from random import Random

from landfall.records import State
from samples.build import package
from tests.e2e.site import NEVER, customer_groups
from tests.faults.test_killed_host import half_good

EXPORT, EXPORT_PROJECT = "groups", "Customer groups export"
STRICT, LOOSE, HALF, BATCH, RAW = "Strict", "Loose", "HALF", "Customer batch", "Customers"
SECONDS = {STRICT: 1.0, LOOSE: 1.5, HALF: 0.7, BATCH: 1.5, RAW: 1.0, EXPORT_PROJECT: 9.0}
"""How long F&O executes each data project."""
ROUTES = """\
imports:
  - {{name: {strict}, path: "strict/{{company}}/{{name}}.zip", order: strict}}
  - {{name: {loose}, path: "packages/{{company}}/{{name}}.zip"}}
  - {{name: customers, path: "customers/{{company}}/{{name}}.csv", entity: Customers V3, data_project: Customers, format: CSV}}
  - name: batches
    path: "batches/{{company}}/{{batch}}/_READY"
    data_project: Customer batch
    parts:
      - {{file: customer-groups.csv, entity: Customer groups, format: CSV}}
      - {{file: customers.csv, entity: Customers V3, format: CSV}}
"""
BEFORE = ROUTES.format(strict="strict", loose="loose") + (
    f"exports:\n  - {{name: {EXPORT}, data_project: {EXPORT_PROJECT}, companies: [USMF], schedule: {NEVER}, "
    'missed: skip, target: "old/{slot}.zip"}\n'
)
STEPS = [State.INTAKE, State.WAITING, State.SUBMITTING, State.RUNNING, State.COLLECTING, State.ARCHIVING]
LONGEST, LONG = "strict/USMF/s0.zip", 20_000
"""A file that intake reads for a moment, and its rows."""
TOUCHES = ["metadata", "headers", "tier"]


@dataclass(frozen=True)
class File:
    """A file that lands; `good` files are packages that F&O takes whole."""

    name: str
    kind: str
    project: str = ""

    def content(self, version: int) -> bytes:
        """The bytes of a version; each has a row of its own."""
        key = self.key(version)
        if self.kind == "good":
            long = [(f"{row}", "One of many") for row in range(100, LONG)] if self.name == LONGEST else []
            return customer_groups(self.project, (key, self.name), *long)
        if self.kind == "half":
            return half_good(self.project) if not version else package_of(self.project, key)
        if self.kind == "raw" or self.name.endswith("/customers.csv"):
            return f"customeraccount;organizationname;customergroupid;salescurrencycode\n{key};Raw;10;USD\n".encode()
        if self.kind == "part":
            return f"customergroupid;description\n{key};In a batch\n".encode()
        return b"" if self.kind == "marker" else f"PK no package {key}".encode()

    def key(self, version: int) -> str:
        """The key of a version's row."""
        return f"{sha256(self.name.encode()).hexdigest()[:8]}{version}".upper()


def package_of(project: str, key: str) -> bytes:
    """A package with a row that F&O refuses, and another one that it takes."""
    rows = [
        ["CUSTOMERACCOUNT", "ORGANIZATIONNAME", "CUSTOMERGROUPID", "SALESCURRENCYCODE"],
        [key, "Good", "10", "USD"],
        [f"{key}-NO", "", "10", "USD"],
    ]
    return package({"data_project": project, "entities": [{"entity": "Customers V3", "format": "CSV", "rows": rows}]})


@dataclass(frozen=True)
class Strike:
    """Something done not before a `second`: to a file, as soon as its run is in a state, or to the app."""

    second: float
    kind: str
    file: str = ""
    state: State | None = None


class Schedule:
    """The files and the strikes of a seed, in the order of time."""

    def __init__(self, seed: int) -> None:
        self.chance = chance = Random(seed)  # noqa: S311  chance, not secrecy
        self.files = {each.name: each for each in self._files()}
        self.patient = seed % 4 == 0  # whether a lease is left for good, which takes the app two minutes to believe
        route = chance.choice(["strict", "loose"])
        self.renamed = ROUTES.format(**{"strict": "strict", "loose": "loose"} | {route: f"new-{route}"})
        self.strikes = sorted([*self._drops(), *self._touches(), *self._changes(), *self._blows()], key=_second)

    def _files(self) -> list[File]:
        count = self.chance.randint
        batch = "batches/USMF/june"
        return [
            *(File(f"strict/USMF/s{number}.zip", "good", STRICT) for number in range(count(4, 6))),
            *(File(f"packages/USMF/l{number}.zip", "good", LOOSE) for number in range(count(4, 6))),
            *(File(f"packages/USMF/h{number}.zip", "half", HALF) for number in range(count(1, 2))),
            File("packages/USMF/broken.zip", "broken"),
            File("customers/USMF/raw.csv", "raw", RAW),
            File(f"{batch}/customer-groups.csv", "part", BATCH),
            File(f"{batch}/customers.csv", "part", BATCH),
            File(f"{batch}/_READY", "marker", BATCH),
        ]

    def _drops(self) -> list[Strike]:
        begin = self.chance.uniform(0, 8)
        parts = [Strike(begin, "drop", name) for name, file in self.files.items() if file.kind in {"part", "marker"}]
        others = [name for name, file in self.files.items() if file.kind not in {"part", "marker"}]
        return [*parts, *(Strike(self.chance.uniform(0, 12), "drop", name) for name in others)]

    def _touches(self) -> list[Strike]:
        """Every kind of touch; each strikes a file on its way, or the moment it has landed."""
        chance = self.chance
        touched = [chance.choice(list(self.files)) for _ in range(12)]
        kinds = TOUCHES * 4
        made = [Strike(0, kind, name, chance.choice([None, *STEPS])) for kind, name in zip(kinds, touched, strict=True)]
        made.append(Strike(0, "metadata", LONGEST, State.INTAKE))
        return made + [Strike(0, "metadata", name, State.RUNNING) for name in chance.sample(self._whole(), 2)]

    def _changes(self) -> list[Strike]:
        chance, whole = self.chance, self._whole()
        kinds = ["same", "same", "other", "other", "snapshot", "snapshot"]
        made = [Strike(chance.uniform(0, 10), kind, chance.choice(whole), chance.choice(STEPS)) for kind in kinds]
        for name in chance.sample(list(self.files), 2):
            made += [Strike(0, "lease", name, chance.choice(STEPS)), Strike(0, "release", name)]
        if self.patient:
            made.append(Strike(0, "keep", chance.choice(whole), chance.choice(STEPS)))
        made.append(Strike(0, "freeze", chance.choice(whole), chance.choice(STEPS)))
        return [*made, Strike(0, "delete", chance.choice(whole), State.WAITING)]

    def _blows(self) -> list[Strike]:
        chance = self.chance
        asks = [Strike(0, kind) for kind in ("ask", "ask", "ask otherwise")]
        first, second, third = chance.uniform(3, 6), chance.uniform(9, 12), chance.uniform(15, 19)
        kills = [Strike(moment, "kill") for moment in (first, second, third)]
        starts = [Strike(moment + 1.5, "start") for moment in (first, second, third)]
        lost = [Strike(0, "lose answer"), Strike(0, "lose call")]
        away = [Strike(chance.uniform(20, 23), "storage away")] if chance.random() < 0.6 else []
        rename = Strike(chance.choice([first, second, third]) + 0.7, "rename")
        down = [
            Strike(moment + 0.9, chance.choice([*TOUCHES, "same"]), chance.choice(self._whole()))
            for moment in (second, third)
        ]
        return [*asks, *kills, rename, *starts, *lost, *away, *down]

    def _whole(self) -> list[str]:
        return [name for name, file in self.files.items() if file.kind in {"good", "half", "broken", "raw"}]


def _second(strike: Strike) -> float:
    return strike.second

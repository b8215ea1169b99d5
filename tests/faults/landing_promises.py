"""What holds after a play, whatever happened: each broken promise in a sentence."""

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import groupby, pairwise
from typing import Any

from tests.e2e.test_secrets import SIGNATURE, TOKEN, everything_written
from tests.faults.landing_play import Play
from tests.faults.landing_schedules import EXPORT_PROJECT, STRICT, File

WANTED = {"good": "Succeeded", "raw": "Succeeded", "marker": "Succeeded", "half": "PartiallySucceeded"}


class End:
    """How a play ended: the runs, F&O's executions, and the places of files."""

    def __init__(self, play: Play) -> None:
        self.play, self.site = play, play.site
        self.runs = self.site.runs()
        self.imports = [run for run in self.runs if run["kind"] == "import"]
        listed = self.site.fno("executions")["executions"][::-1]
        self.executions = [each for each in listed if each["kind"].lower() == "import"]
        self.archive = {
            name: sha256(self.site.read(f"archive/{name}")).hexdigest() for name in self.site.names("archive")
        }
        self.landing = self.site.names("landing")
        self.by_execution = {run["execution_id"]: run for run in self.imports if run["execution_id"]}

    def digest(self, run: dict[str, Any]) -> str:
        """The content with which a run's file landed."""
        return self.play.versions[run["source"]["etag"]][1]

    def runs_of(self, name: str, digest: str) -> list[dict[str, Any]]:
        """The runs of a file's content."""
        return [run for run in self.imports if run["source"]["name"] == name and self.digest(run) == digest]

    def executed(self, name: str) -> list[str]:
        """The contents of a file that F&O executed, in that order."""
        runs = [self.by_execution[each["id"]] for each in self.executions]
        return [self.digest(run) for run in runs if run["source"]["name"] == name]


def lost_files(end: End) -> Iterator[str]:
    """I1: what was last in landing has a run, and it ended as the content deserves."""
    for name, file in end.play.schedule.files.items():
        last = end.play.puts[name][-1]
        if last is None or file.kind == "part":
            continue
        outcomes = {run["outcome"]: run for run in end.runs_of(name, last)}
        if not outcomes:
            yield f"{name} has no run"
        elif not _is_well(file, outcomes):
            yield f"{name} ended {[(each, run['reason']) for each, run in outcomes.items()]}"


def _is_well(file: File, outcomes: dict[str, dict[str, Any]]) -> bool:
    frozen = any("archive access tier" in f"{run['reason']} {run['left_behind']}" for run in outcomes.values())
    return WANTED.get(file.kind, "Rejected") in outcomes or frozen


def second_executions(end: End) -> Iterator[str]:
    """I2: a content is executed once; again only where it landed anew after other content or refused rows."""
    for name, file in end.play.schedule.files.items():
        puts = [put for put in end.play.puts[name] if put]
        allowed = Counter(puts if file.kind == "half" else (each for each, _ in groupby(puts)))
        for digest, times in Counter(end.executed(name)).items():
            if times > allowed[digest]:
                yield f"{name} landed {allowed[digest]} times with a content that was executed {times} times"
    if unknown := {each["id"] for each in end.executions} - end.by_execution.keys():
        yield f"F&O executed what no run knows: {unknown}"


def old_content(end: End) -> Iterator[str]:
    """I2, I4: what F&O has last of a file is what landed last."""
    for name, file in end.play.schedule.files.items():
        last, executed = end.play.puts[name][-1], end.executed(name)
        if file.kind not in {"good", "raw"} or not last or _is_frozen(end, name):
            continue
        if executed[-1:] != [last]:
            yield f"{name} was last imported with older content"


def _is_frozen(end: End, name: str) -> bool:
    runs = [run for run in end.imports if run["source"]["name"] == name]
    return any("archive access tier" in f"{run['reason']} {run['left_behind']}" for run in runs)


def overlaps(end: End) -> Iterator[str]:
    """I3: no execution of a project begins before the last one's end, and no two ImportFromPackage calls are open."""
    projects = {each["project"].casefold() for each in end.executions}
    for project in projects:
        own = [each for each in end.executions if each["project"].casefold() == project]
        for earlier, later in pairwise(own):
            if later["created"] < earlier["finished"]:
                yield f"{later['id']} was started before {earlier['id']} had ended"
    calls = end.site.fno("operations?operation=ImportFromPackage")["operations"]
    for earlier, later in pairwise(calls):
        if earlier["phase"] == later["phase"] == "start":
            yield f"two ImportFromPackage calls were open: {earlier} and {later}"


def other_bytes(end: End) -> Iterator[str]:
    """I4: F&O read the bytes of packages as they landed, and the archive has the bytes that landed."""
    index = sqlite3.connect(f"file:{end.site.folder}/emulator/blobs/index.sqlite?mode=ro", uri=True)
    bodies = end.site.folder / "emulator" / "blobs" / "bodies"
    try:
        for each in end.executions:
            run = end.by_execution[each["id"]]
            if "wrapped" in run["files"]:
                continue
            row = index.execute("SELECT file FROM blobs WHERE name = ?", (f"{each['id']}.zip",)).fetchone()
            if sha256((bodies / row[0]).read_bytes()).hexdigest() != end.digest(run):
                yield f"F&O read other bytes than those of {run['source']['name']}"
    finally:
        index.close()
    for run in end.imports:
        place = run["files"].get("archive")
        if place and end.archive.get(place.removeprefix("archive/")) != end.digest(run):
            yield f"{place} has not the content of {run['run_id']}"


def places(end: End) -> Iterator[str]:
    """I5: each file is in one place: where its run says, or in landing where a run says that it was left behind."""
    said = [place for run in end.imports for label, place in run["files"].items() if label.startswith("archive")]
    if strangers := set(end.archive) - {place.removeprefix("archive/") for place in said}:
        yield f"no run knows {strangers}"
    left = {each["name"] for run in end.imports if run["left_behind"] for each in [run["source"], *run["parts"]]}
    if forgotten := set(end.landing) - left:
        yield f"{forgotten} are in landing, and no run says why"
    for name in end.play.schedule.files:
        base = name.rpartition("/")[2]
        for digest in {put for put in end.play.puts[name] if put}:
            found = [place for place, held in end.archive.items() if held == digest and place.endswith(f"/{base}")]
            if len(found) > end.play.puts[name].count(digest) and name not in left:
                yield f"{name} is in several places: {found}"
            if not found and name not in end.landing and digest == end.play.puts[name][-1]:
                yield f"{name} is nowhere"


def unexplained_rows(end: End) -> Iterator[str]:
    """I6: every row that F&O refused stands in the run's errors.csv."""
    for run in end.imports:
        failed = sum(each["failed"] for each in run["entities"])
        if failed and len({line["key"] for line in end.site.errors(run)}) != failed:
            yield f"{run['run_id']} explains not each of {failed} rows"


def secrets(end: End) -> Iterator[str]:
    """I7: no signature, token or secret is written down."""
    secret = end.site.stack.emulator["client_secret"].encode()
    for path in everything_written(end.site):
        content = path.read_bytes()
        if SIGNATURE.search(content) or TOKEN.search(content) or secret in content:
            yield f"{path} holds a secret"


def endless_work(end: End) -> Iterator[str]:
    """I8: an ETag has one run at most, and what landed once has one attempt."""
    if len(end.imports) > len(end.play.versions):
        yield f"{len(end.imports)} runs for {len(end.play.versions)} versions"
    if repeated := [run["run_id"] for run in end.imports if run["attempt"] != 1]:
        yield f"nobody asked for a second attempt of {repeated}"


def repeated_requests(end: End) -> Iterator[str]:
    """I9, I10: a request made twice is one export, which ends well; the same key with another body is refused."""
    wanted = Counter({("ask", 202): 2, ("ask otherwise", 409): 1})
    if Counter((kind, status) for kind, status, _ in end.play.answers) != wanted:
        yield f"the requests were answered {end.play.answers}"
    exports = [run for run in end.runs if run["kind"] == "export"]
    executed = [each for each in end.site.fno("executions")["executions"] if each["project"] == EXPORT_PROJECT]
    if [run["outcome"] for run in exports] != ["Succeeded"] or len(executed) != 1:
        yield f"the export ran {len(executed)} times and ended {[(run['outcome'], run['reason']) for run in exports]}"


def receipts(end: End) -> Iterator[str]:
    """Each run has ended, and its receipt says what the ledger says."""
    for run in end.runs:
        receipt = json.loads(end.site.read(run["files"]["receipt"]))
        if not run["outcome"] or run | receipt != run:
            yield f"the receipt of {run['run_id']} differs: {receipt}"


def rows(end: End) -> Iterator[str]:
    """F&O has the rows of what it executed and no others, and the run counts what F&O counted."""
    held = {row["CustomerGroupId"] for row in end.site.fno("rows/CustomerGroups?company=USMF")["rows"]}
    held |= {row["CustomerAccount"] for row in end.site.fno("rows/CustomersV3?company=USMF")["rows"]}
    for name, file in end.play.schedule.files.items():
        if file.kind not in {"good", "raw"}:
            continue
        for digest in {put for put in end.play.puts[name] if put}:
            if (end.play.keys[digest] in held) != (digest in end.executed(name)):
                yield f"the row of {name} is {'' if end.play.keys[digest] in held else 'not '}in F&O"
    for each in end.executions:
        names = ("created", "updated", "failed")
        counted = [[entity[name] for name in names] for entity in end.by_execution[each["id"]]["entities"]]
        if counted != [[entity[name] for name in names] for entity in each["entities"]]:
            yield f"{each['id']} counts {counted}, F&O {each['entities']}"


def overtaking(end: End) -> Iterator[str]:
    """Strict order: of what F&O executed, no file went before one that landed in an earlier second."""
    own = [end.by_execution[each["id"]] for each in end.executions if each["project"] == STRICT]
    for index, later in enumerate(own):
        for earlier in own[:index]:
            if later["times"]["Landed"] < earlier["times"]["Landed"]:
                yield f"{earlier['source']['name']} overtook {later['source']['name']}: {earlier['times']} {later['times']}"


PROMISES: tuple[Callable[[End], Iterator[str]], ...] = (
    lost_files,
    second_executions,
    old_content,
    overlaps,
    other_bytes,
    places,
    unexplained_rows,
    secrets,
    endless_work,
    repeated_requests,
    receipts,
    rows,
    overtaking,
)


def broken(play: Play) -> list[str]:
    """What does not hold, each with the name of its promise."""
    end = End(play)
    return [f"{promise.__name__}: {sentence}" for promise in PROMISES for sentence in promise(end)]

"""Makes a run fit into its rows, whatever its file, its manifest and F&O say. The reports have what is left out.

An Azure table's entity holds 1 MiB, which is 512 Ki UTF-16 code units of text, and a transaction 4 MiB as it travels.
Azurite counts an entity's bytes as it travels.
"""

import json
from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any, TypeVar

from landfall.fno.redaction import shorten
from landfall.ledger.file_labels import is_one_of_many
from landfall.records import EntityCounts, Run, from_json, to_json

Item = TypeVar("Item")
STORED = 480_000
"""UTF-16 code units of a run's JSON in one row; its keys and columns take the rest."""
SENT = 1_000_000
"""Bytes of a run's JSON in a request, which escapes letters of other scripts. Four rows of a run travel together."""
KEPT = 200
"""A run's changes, latest actions and latest requests; nobody repeats an older request."""


def text_of(run: Run) -> str:
    """A run as its rows hold it."""
    return json.dumps(to_json(run), ensure_ascii=False)


def fit(run: Run, share: float = 1) -> Run:
    """The run with texts of a bounded length, and as many entries of its lists as fit into a `share` of a row."""
    data = to_json(run)
    if (short := _shorten_all(data)) != data:
        run = from_json(Run, short)
    run = _keep_latest(run, KEPT)
    # What is least needed goes first. Of each list something stays: an export's receipt lies beside its first file.
    for keep, count in ((_keep_files, len(run.files)), (_keep_entities, len(run.entities)), (_keep_latest, KEPT)):
        whole, kept = run, count
        while kept > 1 and not _fits(run, share):
            kept //= 2
            run = keep(whole, kept)
    return run


def _fits(run: Run, share: float) -> bool:
    text = text_of(run)
    return len(text.encode("utf-16-le")) <= 2 * STORED * share and len(json.dumps(text)) <= SENT * share


def _shorten_all(data: Any) -> Any:
    if isinstance(data, dict):
        return {shorten(key): _shorten_all(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_shorten_all(value) for value in data]
    return shorten(data) if isinstance(data, str) else data


def _keep_files(run: Run, count: int) -> Run:
    """Leave out files of which each entity has one: they lie beside the others, under names made of its label."""
    left_out = {*[label for label in run.files if is_one_of_many(label)][count:]}
    return replace(run, files={label: path for label, path in run.files.items() if label not in left_out})


def _keep_entities(run: Run, count: int) -> Run:
    """Add up the counts of the entities that are left out, so that the sums stay true."""
    rest, names = run.entities[count:], [each.name for each in fields(EntityCounts) if each.name != "entity"]
    if not rest:
        return run
    sums = {name: sum(getattr(each, name) or 0 for each in rest) for name in names}
    return replace(run, entities=(*run.entities[:count], EntityCounts(f"{len(rest):,} more entities", **sums)))


def _keep_latest(run: Run, count: int) -> Run:
    return replace(
        run,
        changes=run.changes[:count],
        repaired_by=tuple(_last(run.repaired_by, count)),
        history=tuple(_last(run.history, count)),
        request_keys=dict(_last(run.request_keys.items(), count)),
        request_bodies=dict(_last(run.request_bodies.items(), count)),
    )


def _last(items: Iterable[Item], count: int) -> list[Item]:
    listed = list(items)
    return listed[max(len(listed) - count, 0) :]

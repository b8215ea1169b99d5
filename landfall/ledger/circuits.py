"""The circuit of each environment: open while F&O, or the way to it, lets nothing in, or while a person holds it.

What concerns the environment fails no file: runs wait until the circuit closes. It is a row of the ledger's table,
which all hosts share.
"""

import json
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity

from landfall.fno.redaction import scrub, shorten
from landfall.ledger.conditional import put
from landfall.records import UNNAMED, from_json, to_json, utc_now
from landfall.telemetry import CircuitChanged, emit

log = logging.getLogger("landfall")

PARTITION = "circuit"
PASSES_WITHIN = timedelta(minutes=2)
"""How long F&O may be busy or away before that is an outage: it restarts a server within seconds."""
APART = timedelta(minutes=5)
"""Two failures so far apart are not one that lasts: nobody has asked in between."""
SAME_OUTAGE = timedelta(minutes=15)
"""A circuit that opens again so soon after it closed was closed too early: nobody is told twice."""
FRESH_SECONDS = 1.0
"""How long a host trusts what it read from the table, so that not every call costs a read."""
MAX_TRIES = 10


@dataclass(frozen=True)
class Circuit:
    """An environment's circuit. `since` is when the latest outage or hold began, `reason` says why in words.

    `who` is the person that holds the environment, empty for an outage; `tries` counts the probes of an outage, and
    `told` says whether its notice was sent. `failing_since` and `failed_at` are the first and the latest of failures
    that may pass, and `closed_at` is when the circuit last closed by itself.
    """

    environment: str = ""
    is_open: bool = False
    reason: str = ""
    since: datetime | None = None
    who: str = ""
    tries: int = 0
    told: bool = False
    failing_since: datetime | None = None
    failed_at: datetime | None = None
    closed_at: datetime | None = None

    def fail(self, reason: str, now: datetime, *, passing: bool) -> "Circuit":
        """The circuit after a failure; one that may be `passing` opens it only when it lasts."""
        if self.is_open:
            return self
        lasts = self.failing_since and self.failed_at and now - self.failed_at < APART
        since = self.failing_since if lasts and self.failing_since else now
        if passing and now - since < PASSES_WITHIN:
            return replace(self, failing_since=since, failed_at=now)
        opened = replace(self, is_open=True, reason=reason, who="", failing_since=None, failed_at=None)
        if self.closed_at and now - self.closed_at < SAME_OUTAGE:
            return opened
        return replace(opened, since=since, tries=0, told=False)

    def answer(self) -> "Circuit":
        """The circuit after an answer of F&O: what failed has passed. Only a probe closes an open one."""
        return self if self.is_open else replace(self, failing_since=None, failed_at=None)

    def hold(self, who: str, reason: str, now: datetime) -> "Circuit":
        """The circuit that a person holds open until somebody closes it."""
        return Circuit(self.environment, is_open=True, reason=reason, since=now, who=who, told=True)

    def close(self, now: datetime) -> "Circuit":
        """The circuit that is closed, because a probe got through or a person says so."""
        return replace(self, is_open=False, who="", closed_at=None if self.who else now, failing_since=None)


class Circuits:
    """The circuits by environment, in rows of the ledger's table."""

    def __init__(self, table: TableClient, now: Callable[[], datetime] = utc_now) -> None:
        self._table = table
        self._now = now
        self._read: dict[str, tuple[float, Circuit]] = {}

    def get(self, environment: str) -> Circuit:
        """The environment's circuit: as it was a second ago at most, and as it is if it was open then."""
        read_at, circuit = self._read.get(environment, (float("-inf"), Circuit(environment)))
        is_fresh = not circuit.is_open and time.monotonic() - read_at < FRESH_SECONDS
        return circuit if is_fresh else self.read(environment)

    def read(self, environment: str) -> Circuit:
        """The environment's circuit as it is."""
        return self._fetch(environment)[0]

    def note(self, environment: str, failure: str | None, *, passing: bool = False) -> None:
        """Note that F&O failed in these words, or answered (None). A table out of reach costs only a log line."""
        try:
            if failure is not None:
                reason = shorten(scrub(failure))
                self.change(environment, lambda circuit: circuit.fail(reason, self._now(), passing=passing))
            elif environment in self._read and self._read[environment][1].failing_since:
                self.change(environment, Circuit.answer)
        except (AzureError, TimeoutError) as error:
            log.warning("The circuit of %s could not be changed: %s", environment or UNNAMED, type(error).__name__)

    def change(self, environment: str, alter: Callable[[Circuit], Circuit]) -> Circuit:
        """Change a circuit and return it; after a faster writer, the change is applied to what that one wrote."""
        for _ in range(MAX_TRIES):
            circuit, row = self._fetch(environment)
            changed = alter(circuit)
            if changed == circuit:
                return circuit
            if self._store(changed, row):
                if changed.is_open != circuit.is_open:
                    emit(
                        CircuitChanged(
                            environment=environment, open=changed.is_open, reason=changed.reason, who=changed.who
                        )
                    )
                return changed
        raise TimeoutError(f"the circuit of {environment or UNNAMED} could not be changed: other writers were faster")

    def _fetch(self, environment: str) -> tuple[Circuit, TableEntity | None]:
        row: TableEntity | None = None
        circuit = Circuit(environment)
        with suppress(ResourceNotFoundError):
            row = self._table.get_entity(PARTITION, environment or UNNAMED)
            circuit = from_json(Circuit, json.loads(row["Circuit"]))
        self._read[environment] = (time.monotonic(), circuit)
        return circuit, row

    def _store(self, circuit: Circuit, row: TableEntity | None) -> bool:
        """Whether the circuit was written; False when another writer was faster."""
        written = {
            "PartitionKey": PARTITION,
            "RowKey": circuit.environment or UNNAMED,
            "Circuit": json.dumps(to_json(circuit), ensure_ascii=False),
        }
        if not put(self._table, written, str(row.metadata["etag"]) if row else None):
            return False
        self._read[circuit.environment] = (time.monotonic(), circuit)
        return True

"""Frozen records about runs: what the ledger stores, and what travels through durable history and HTTP. No I/O."""

from landfall.records.codec import from_json, to_json, to_public_json
from landfall.records.runs import ComeBack, PublicRun, Run, Step, lane_of, utc_now
from landfall.records.values import (
    FAILURES,
    LANDED,
    SLOT,
    Action,
    Dealt,
    Demand,
    EntityCounts,
    Finding,
    Outcome,
    Source,
    State,
    Submission,
    Terms,
)

__all__ = [
    "FAILURES",
    "LANDED",
    "SLOT",
    "Action",
    "ComeBack",
    "Dealt",
    "Demand",
    "EntityCounts",
    "Finding",
    "Outcome",
    "PublicRun",
    "Run",
    "Source",
    "State",
    "Step",
    "Submission",
    "Terms",
    "from_json",
    "lane_of",
    "to_json",
    "to_public_json",
    "utc_now",
]

"""What each state and outcome means, and what a person does about it: the pages' words, and docs/operating.md's."""

from dataclasses import dataclass

from landfall.records import Outcome, State


@dataclass(frozen=True)
class Advice:
    """`tone` says how a page colours it, `mark` how it looks without colour."""

    tone: str
    mark: str
    means: str
    do: str


STATES = {
    State.CLAIMED: Advice("moving", "●", "Landfall has seen it and is about to begin.", "Nothing."),
    State.INTAKE: Advice("moving", "●", "The file is read and checked before F&O sees it.", "Nothing."),
    State.WAITING: Advice(
        "waiting",
        "○",
        "Another run of the same data project goes first, or the lane is held.",
        "Nothing; when it takes too long, see the Lanes page for what it waits for.",
    ),
    State.SUBMITTING: Advice(
        "moving", "●", "The package is moved to F&O's storage and the execution is started.", "Nothing."
    ),
    State.RUNNING: Advice(
        "moving", "●", "F&O is at it; each tick of the timeline is a look at where it stands.", "Nothing."
    ),
    State.COLLECTING: Advice(
        "moving",
        "●",
        "Counts and errors are fetched from F&O; of an export, its package.",
        "Nothing.",
    ),
    State.ARCHIVING: Advice(
        "moving", "●", "The file goes to the archive, the receipt is written.", "Nothing."
    ),
    State.DONE: Advice("quiet", "·", "It has ended; its outcome says how.", "See its outcome."),
}
OUTCOMES = {
    Outcome.SUCCEEDED: Advice("good", "✓", "Every row that was sent was created or updated.", "Nothing."),
    Outcome.PARTIALLY_SUCCEEDED: Advice(
        "warn",
        "◐",
        "F&O took some rows and refused others.",
        "Download repair.zip, correct the rows, upload it on the run's page; or correct F&O's set-up and run it again.",
    ),
    Outcome.FAILED: Advice(
        "bad",
        "✕",
        "F&O took nothing, or the run could not be carried to its end.",
        "Read the reason and the messages; correct the rows and upload repair.zip, or remove the cause and run it again.",
    ),
    Outcome.CANCELED: Advice(
        "quiet",
        "·",
        "A person stopped it, in F&O or here.",
        "Run it again when it shall be imported after all.",
    ),
    Outcome.NO_ROWS: Advice("quiet", "·", "The export had nothing to bring.", "Nothing."),
    Outcome.REJECTED: Advice(
        "bad",
        "✕",
        "Landfall refused the file; F&O never saw it.",
        "Correct what the reason names and drop the file again.",
    ),
    Outcome.SUPERSEDED: Advice(
        "quiet",
        "·",
        "A newer version of the file took its place before it was sent.",
        "Nothing; the newer version has a run of its own.",
    ),
    Outcome.NEEDS_ATTENTION: Advice(
        "alert",
        "!",
        "Nobody can know what F&O did without looking.",
        "Look at the execution in F&O's Job history, then say on the run's page whether it ran.",
    ),
}


def advice(state: State, outcome: Outcome | None) -> Advice:
    """What is to be said of a run as it stands."""
    return OUTCOMES[outcome] if outcome else STATES[state]

"""What each state and outcome means, and what to do about it. The pages and docs/operating.md share these texts."""

from dataclasses import dataclass, replace

from landfall.records import Outcome, Run, State


@dataclass(frozen=True)
class Advice:
    """The explanation of a state or outcome: `tone` is its colour on a page, `mark` shows it without colour."""

    tone: str
    mark: str
    means: str
    do: str


STATES = {
    State.CLAIMED: Advice("moving", "●", "Landfall has claimed it and is about to start.", "Nothing."),
    State.INTAKE: Advice("moving", "●", "Landfall reads and checks the file before F&O gets it.", "Nothing."),
    State.WAITING: Advice(
        "waiting",
        "○",
        "Another run of the same data project goes first, or the lane is held.",
        "Nothing. If it takes too long, the Lanes page shows what it waits for.",
    ),
    State.SUBMITTING: Advice(
        "moving", "●", "Landfall uploads the package to F&O's storage and starts the execution.", "Nothing."
    ),
    State.RUNNING: Advice("moving", "●", "F&O is processing the file. Each tick is a status check.", "Nothing."),
    State.COLLECTING: Advice(
        "moving", "●", "Landfall fetches counts and errors from F&O, or the package of an export.", "Nothing."
    ),
    State.ARCHIVING: Advice("moving", "●", "Landfall archives the file and writes the receipt.", "Nothing."),
    State.DONE: Advice("quiet", "·", "The run has ended with an outcome.", "See its outcome."),
}
OUTCOMES = {
    Outcome.SUCCEEDED: Advice("good", "✓", "Every row that was sent was created or updated.", "Nothing."),
    Outcome.PARTIALLY_SUCCEEDED: Advice(
        "warn",
        "◐",
        "F&O accepted some rows and refused others.",
        "Download repair.zip, correct the rows and upload it on the run's page. "
        "Or correct the setup in F&O and run it again.",
    ),
    Outcome.FAILED: Advice(
        "bad",
        "✕",
        "F&O accepted no rows, or the run could not be completed.",
        "Read the reason and the messages. Correct the rows and upload repair.zip, "
        "or remove the cause and run it again.",
    ),
    Outcome.CANCELED: Advice(
        "quiet", "·", "A person stopped it, in F&O or in Landfall.", "Run it again if it should be imported."
    ),
    Outcome.NO_ROWS: Advice("quiet", "·", "The export found no rows to export.", "Nothing."),
    Outcome.REJECTED: Advice(
        "bad",
        "✕",
        "Landfall refused the file and did not send it to F&O.",
        "Fix the problem named above and drop the file again.",
    ),
    Outcome.SUPERSEDED: Advice(
        "quiet",
        "·",
        "Another run does its work: that of a newer version, of the same content, or of a later slot.",
        "Nothing. See the other run.",
    ),
    Outcome.NEEDS_ATTENTION: Advice(
        "alert",
        "!",
        "Landfall cannot tell what F&O did.",
        "Check the execution in F&O's Job history, then record the outcome on the run's page.",
    ),
}


def advice_of(run: Run) -> Advice:
    """The explanation of a run's outcome, or of its state while it has none."""
    found = OUTCOMES[run.outcome] if run.outcome else STATES[run.state]
    return replace(found, tone="quiet", do="Nothing.") if run.dealt_with else found

"""The engine's errors, with messages in F&O's own words.

ActionFailed          an action fails (fno-behaviour 2.1)
├── NoSuchProject     the data project does not exist (fno-behaviour 6.1)
├── NullReference     F&O's own code fails (fno-behaviour 2.15)
├── PackageRefused    the package is invalid (fno-behaviour 2.5)
│   └── NoZip         the package is not a zip file (fno-behaviour 2.1)
└── ProjectBusy       another call holds the project or the environment (fno-behaviour 5.9)
EntityFailed          one entity of an execution fails; the execution continues with the next
ValueRefused          a value is invalid for its field; its row is rejected
"""


class ActionFailed(Exception):  # noqa: N818 - the outcome as F&O names it
    """An action fails. The message is the text that F&O puts into `innererror.message`."""

    kind = "System.InvalidOperationException"


class NullReference(ActionFailed):
    """F&O's own code fails with a null reference."""

    kind = "System.NullReferenceException"


class NoSuchProject(ActionFailed):
    """There is no data project with that name."""


class PackageRefused(ActionFailed):
    """The package is invalid: for example, it has no header, or it names an unknown entity."""


class NoZip(PackageRefused):
    """The uploaded file is not a zip file."""


class ProjectBusy(ActionFailed):
    """A call for the same project, or for any project of the environment, is in flight."""


class EntityFailed(Exception):  # noqa: N818
    """An entity's data file cannot be read or written as a whole."""


class ValueRefused(Exception):  # noqa: N818
    """A value is invalid. The message is the one that F&O shows for the row."""

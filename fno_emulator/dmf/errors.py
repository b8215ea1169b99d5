"""What the engine refuses, in F&O's own words.

ActionFailed          the action was carried out and said no (fno-behaviour 2.1)
├── NoSuchProject     an export names a project that is not there (fno-behaviour 6.1)
├── NullReference     it stumbled (fno-behaviour 2.15)
├── PackageRefused    the package cannot be taken in at all (fno-behaviour 2.5)
│   └── NoZip         it is something else than a zip (fno-behaviour 2.1)
└── ProjectBusy       another call holds the project or the environment (fno-behaviour 5.9)
EntityFailed          one entity of an execution cannot be read; the execution goes on with the next
ValueRefused          one value does not fit its field; the row is rejected
"""


class ActionFailed(Exception):  # noqa: N818 - F&O's word for it
    """An action said no; the text is what F&O puts into `innererror.message`."""

    kind = "System.InvalidOperationException"


class NullReference(ActionFailed):
    """F&O's own code met nothing where it expected something."""

    kind = "System.NullReferenceException"


class NoSuchProject(ActionFailed):
    """There is no data project of that name."""


class PackageRefused(ActionFailed):
    """The package is not one: no header, unknown entity, missing data file."""


class NoZip(PackageRefused):
    """What was uploaded is no zip."""


class ProjectBusy(ActionFailed):
    """A call for the same project, or any project of the environment, is still in flight."""


class EntityFailed(Exception):  # noqa: N818
    """A data file cannot be taken into staging; no row of it is."""


class ValueRefused(Exception):  # noqa: N818
    """A value does not fit; `str()` is the message F&O shows for the row."""

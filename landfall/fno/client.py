"""The client: everything F&O can be asked for, put together from the calls that belong together."""

from landfall.fno.environment import Environment
from landfall.fno.error_files import ErrorFiles
from landfall.fno.executions import Executions
from landfall.fno.exports import Exports
from landfall.fno.imports import Imports
from landfall.fno.projects import Projects
from landfall.fno.queued_files import QueuedFiles


class FnoClient(Imports, Exports, Executions, ErrorFiles, Projects, QueuedFiles, Environment):
    """F&O's Data management package API at one environment; see Connection for what it is given and keeps to."""

"""The F&O of the client's own tests, for the commands that use the client."""

from tests.unit.fno.conftest import wire

__all__ = ["wire"]

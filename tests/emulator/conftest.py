"""The same emulator and caller the contract tests use."""

from tests.contract.conftest import fno, running

__all__ = ["fno", "running"]

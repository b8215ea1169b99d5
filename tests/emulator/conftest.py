"""The emulator and the caller of the contract tests."""

from tests.contract.conftest import fno, running

__all__ = ["fno", "running"]

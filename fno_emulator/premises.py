"""What callers notice of where F&O runs: in the cloud, or on premises (fno-behaviour 1.10, 7.5, 8.5)."""

from dataclasses import dataclass

from fno_emulator.auth.tenant import TENANT_ID


@dataclass(frozen=True)
class Premises:
    """The differences between the cloud and on premises."""

    prefix: str = ""
    """The start of every path of the API."""
    tenant: str = TENANT_ID
    """The tenant's name in the authority's URL."""
    plain_storage: bool = False
    """Whether the file endpoint accepts a PUT of a whole file and nothing else."""
    recurring: bool = True
    """Whether there is a recurring-integrations API."""


CLOUD = Premises()
ON_PREMISES = Premises(prefix="/namespaces/AXSF", tenant="adfs", plain_storage=True, recurring=False)

"""Where F&O runs, as far as a caller notices: in the cloud, or on premises (fno-behaviour 1.10, 7.5, 8.5)."""

from dataclasses import dataclass

from fno_emulator.auth.tenant import TENANT_ID


@dataclass(frozen=True)
class Premises:
    """What differs: the API's path, the authority's tenant, what the file endpoint takes, the recurring API."""

    prefix: str = ""
    tenant: str = TENANT_ID
    plain_storage: bool = False
    recurring: bool = True


CLOUD = Premises()
ON_PREMISES = Premises(prefix="/namespaces/AXSF", tenant="adfs", plain_storage=True, recurring=False)

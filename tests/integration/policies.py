"""Storage under a policy that the storage emulator does not know: immutability, legal holds, missing rights."""

from dataclasses import dataclass, replace
from typing import Any, Never

from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobClient

from landfall.config.settings import Storage
from landfall.services import Services
from landfall.storage.account import DataAccount


class RefusingBlob(BlobClient):
    """A blob under a policy: storage answers writes and deletes with `answer`."""

    answer: tuple[int, str]

    def delete_blob(self, *_: Any, **__: Any) -> Never:  # type: ignore[override]
        """As storage does under the policy."""
        error = HttpResponseError("This request is not permitted.")
        error.status_code, error.error_code = self.answer  # type: ignore[attr-defined]
        raise error

    stage_block = upload_blob = upload_blob_from_url = delete_blob  # type: ignore[assignment]


@dataclass
class Policy:
    """What storage refuses: changes below `prefix`, with a status and a code."""

    prefix: str
    status: int
    code: str

    def on(self, services: Services, storage: Storage) -> Services:
        """The services on an account under this policy."""
        policy = self

        class Account(DataAccount):
            def blob(self, path: str) -> BlobClient:
                if not path.startswith(policy.prefix):
                    return super().blob(path)
                container, _, name = path.partition("/")
                found = RefusingBlob.from_connection_string(str(storage.connection_string), container, name)
                found.answer = (policy.status, policy.code)
                return found

        return replace(services, account=Account(storage))

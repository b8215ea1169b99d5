"""Which answers of storage are worth another try, and what the others mean in words."""

import pytest
from azure.core.exceptions import HttpResponseError

from landfall.storage.refusals import is_leased, is_offline, refusal


def answer(status: int | None, code: str) -> HttpResponseError:
    """An error of storage; without a status, nobody answered."""
    error = HttpResponseError("no")
    error.status_code, error.error_code = status, code  # type: ignore[attr-defined]
    return error


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (409, "SnapshotsPresent", "snapshots"),
        (412, "LeaseIdMissing", "lease"),
        (409, "BlobImmutableDueToPolicy", "immutability policy"),
        (409, "BlobImmutableDueToLegalHold", "legal hold"),
        (409, "BlobArchived", "archive access tier"),
        (409, "BlobBeingRehydrated", "archive access tier"),
        (403, "AuthorizationPermissionMismatch", "not allowed"),
        (403, "AuthorizationFailure", "not allowed"),
        (403, "InsufficientAccountPermissions", "not allowed"),
        (409, "OperationNotAllowed", "refuses it (OperationNotAllowed)"),
        (403, "", "not allowed"),
    ],
)
def test_a_lasting_refusal_has_a_reason(status: int, code: str, said: str) -> None:
    """Also one that is not known by its code: storage would say the same again."""
    assert said in refusal(answer(status, code))


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (None, ""),
        (401, "InvalidAuthenticationInfo"),
        (403, "AccountIsDisabled"),
        (403, "AuthenticationFailed"),
        (403, "KeyVaultEncryptionKeyNotFound"),
        (404, "ContainerNotFound"),
        (409, "ContainerBeingDeleted"),
        (412, "ConditionNotMet"),
        (429, ""),
        (500, "InternalError"),
        (503, "ServerBusy"),
    ],
)
def test_what_concerns_the_account_or_the_moment_passes(status: int | None, code: str) -> None:
    """It has no reason to end with, so that the step is taken again."""
    assert refusal(answer(status, code)) == ""


def test_leases_and_tiers_are_told_apart() -> None:
    """A lease is waited for; a file in the archive tier is not read."""
    lease, tier = answer(412, "LeaseIdMissing"), answer(409, "BlobArchived")
    assert (is_leased(lease), is_offline(lease)) == (True, False)
    assert (is_leased(tier), is_offline(tier)) == (False, True)

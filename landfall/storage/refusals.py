"""What storage refuses for good, in words. Any other error of storage passes, and is worth another try.

The codes are those of learn.microsoft.com, "Blob service error codes" and "Common REST API error codes".
"""

from http import HTTPStatus

from azure.core.exceptions import HttpResponseError

from landfall.storage.blocks import error_code

NO_RIGHT = "Landfall is not allowed to. Check its role on the container and the storage account's firewall"
OFFLINE = {
    "BlobArchived": "it is in the archive access tier. Move it to the hot tier",
    "BlobBeingRehydrated": "it is on its way out of the archive access tier, which takes hours. Wait for it",
}
LEASED = "LeaseIdMissing"
REASONS = {
    **OFFLINE,
    LEASED: "somebody holds a lease on it. Release the lease",
    "SnapshotsPresent": "it has snapshots. Delete them first",
    "BlobImmutableDueToPolicy": "an immutability policy protects it",
    "BlobImmutableDueToLegalHold": "a legal hold protects it",
}
PASSING = {
    "AccountBeingCreated",
    "AccountIsDisabled",
    "AuthenticationFailed",
    "BlobOverwritten",
    "ConditionNotMet",
    "ContainerBeingDeleted",
    "ContainerDisabled",
    "InvalidAuthenticationInfo",
    "PendingCopyOperation",
    "SourceConditionNotMet",
    "SystemInUse",
    "TargetConditionNotMet",
}
"""They concern the account or the moment, and not the file."""
REFUSING = {HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}


def refusal(error: HttpResponseError) -> str:
    """Why storage will refuse the same again, and what a person may do about it; empty for an error that passes."""
    code = error_code(error)
    if code in REASONS:
        return REASONS[code]
    # An account with customer-managed keys answers KeyVault... while it cannot get at its key.
    if error.status_code not in REFUSING or code in PASSING or code.startswith("KeyVault"):
        return ""
    if error.status_code == HTTPStatus.FORBIDDEN:
        return NO_RIGHT
    return f"storage refuses it ({code or error.status_code})"


def is_leased(error: HttpResponseError) -> bool:
    """Whether somebody holds a lease on the blob; most leases end within a minute."""
    return error_code(error) == LEASED


def is_offline(error: HttpResponseError) -> bool:
    """Whether the blob is in the archive access tier, so that nobody can read it."""
    return error_code(error) in OFFLINE

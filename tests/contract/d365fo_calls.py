"""What `d365fo-client` makes of an emulator; run by a Python of its own with the ready line on stdin, writes JSON to stdout.

The client sends no true token to an address spelled 127.0.0.1 or localhost, so the address is spelled in hexadecimal here, and
the credential is one for the audience F&O wants. All else is the client as it is.
"""

import asyncio
import json
import sys
import tempfile
from typing import Any

from azure.core.credentials import AccessToken
from azure.identity import ClientSecretCredential
from d365fo_client import FOClient, FOClientConfig, QueryOptions

SET = "DataManagementDefinitionGroups"


class Credential:
    """azure-identity for the audience F&O has, whatever scope is asked for."""

    def __init__(self, ready: dict[str, Any]) -> None:
        self._scope = f"{ready['url']}/.default"
        self._true = ClientSecretCredential(
            ready["tenant"],
            ready["client_id"],
            ready["client_secret"],
            authority=ready["authority"],
            disable_instance_discovery=True,
            connection_verify=ready["ca"],
        )

    def get_token(self, *_: str) -> AccessToken:
        """A token."""
        return self._true.get_token(self._scope)


async def calls(ready: dict[str, Any], folder: str) -> dict[str, Any]:
    """Actions, rows and metadata, as the client hands them on."""
    config = FOClientConfig(
        base_url=ready["url"].replace("127.0.0.1", "0x7f000001"),
        metadata_cache_dir=folder,
        enable_metadata_cache=False,
        use_cache_first=False,
        use_label_cache=False,
        trace_client_id="contract",
    )
    async with FOClient(config) as client:
        client.auth_manager.credential = Credential(ready)
        entity = await client.get_public_entity_info("DataManagementDefinitionGroup", use_cache_first=False)
        actions = await client.search_actions("GetExecution", use_cache_first=False)
        write = await client.call_action("GetAzureWriteUrl", {"uniqueFileName": "a.zip"}, SET)
        rows = await client.get_entities("CustomersV3", QueryOptions(expand=["CustomerGroup"]))
        customer = await client.get_public_entity_info("CustomerV3", use_cache_first=False)
        return {
            "connected": await client.test_connection(),
            "described": await client.test_metadata_connection(),
            "version": await client.get_application_version(),
            "write_url": json.loads(write["value"])["BlobUrl"],
            "customers": {
                one["CustomerAccount"]: one["CustomerGroup"]["Description"] for one in rows["value"]
            },
            "leads_to": {one.name: one.related_entity for one in customer.navigation_properties},
            "actions": sorted(one.name for one in entity.actions),
            "found": sorted(one.name for one in actions),
        }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as kept:
        sys.stdout.write(json.dumps(asyncio.run(calls(json.load(sys.stdin), kept))))

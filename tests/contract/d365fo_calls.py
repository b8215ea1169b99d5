"""Calls an emulator with `d365fo-client`. Reads the ready line from stdin and writes the results as JSON to stdout.

The client sends no real token to 127.0.0.1 or localhost, so this script writes the address in hexadecimal and supplies
a credential for F&O's audience. Otherwise it uses the client unchanged.
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
    """A credential of azure-identity that always requests F&O's audience."""

    def __init__(self, ready: dict[str, Any]) -> None:
        self._scope = f"{ready['url']}/.default"
        self._credential = ClientSecretCredential(
            ready["tenant"],
            ready["client_id"],
            ready["client_secret"],
            authority=ready["authority"],
            disable_instance_discovery=True,
            connection_verify=ready["ca"],
        )

    def get_token(self, *_: str) -> AccessToken:
        """A token."""
        return self._credential.get_token(self._scope)


async def calls(ready: dict[str, Any], folder: str) -> dict[str, Any]:
    """The actions, rows and metadata that the client returns."""
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
            "customers": {one["CustomerAccount"]: one["CustomerGroup"]["Description"] for one in rows["value"]},
            "navigation": {one.name: one.related_entity for one in customer.navigation_properties},
            "actions": sorted(one.name for one in entity.actions),
            "found": sorted(one.name for one in actions),
        }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as kept:
        sys.stdout.write(json.dumps(asyncio.run(calls(json.load(sys.stdin), kept))))

"""F&O's files through one interface, in the cloud and on premises."""

from landfall.fno import FnoClient
from landfall.fno.blobs import BlobStorage
from landfall.fno.files import files_of
from landfall.fno.plain_files import PlainStorage
from tests.unit.fno.conftest import Wire


def test_the_address_decides_where_the_files_are(wire: Wire) -> None:
    """F&O on premises has a storage with its own authorities; in the cloud it is Azure's, with public ones."""
    tokens = wire().tokens
    cloud = FnoClient("https://contoso.operations.dynamics.com", tokens, ca_bundle="ca.pem")
    assert files_of(cloud, ["h"]) == BlobStorage(cloud.origin, ["h"])
    assert files_of(cloud).ca_bundle is None
    premises = FnoClient("https://ax.contoso.com/namespaces/AXSF", tokens, ca_bundle="ca.pem")
    assert files_of(premises, ["h"]) == PlainStorage(premises.origin, ["h"], "ca.pem")

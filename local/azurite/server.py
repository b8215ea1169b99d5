"""A storage account on this machine: an Azurite process on loopback."""

import http.client
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from local.azurite import node
from local.azurite.install import program
from local.processes import Part, PartError

ACCOUNT = "devstoreaccount1"
# The key of every storage emulator, published by Microsoft: it guards nothing.
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
START_SECONDS = 60.0


class Azurite:
    """Blob, queue and table services that keep their data in `folder`; its ports are (blob, queue, table)."""

    def __init__(self, folder: Path, ports: Sequence[int], log: Path) -> None:
        found = node.find()
        if found is None or not program().is_file():
            raise PartError(
                "Azurite is not installed. Run make setup (or python -m local.azurite install) and try again."
            )
        self.ports = ports
        services = zip(("blob", "queue", "table"), ports, strict=True)
        endpoints = [
            argument
            for name, port in services
            for argument in (f"--{name}Host", "127.0.0.1", f"--{name}Port", str(port))
        ]
        self.part = Part(
            "azurite",
            # The SDKs are newer than the newest service version that Azurite knows, hence --skipApiVersionCheck.
            [
                str(found.program),
                str(program()),
                "--location",
                str(folder),
                *endpoints,
                "--skipApiVersionCheck",
                "--disableTelemetry",
                "--silent",
            ],
            log,
        )

    @property
    def connection_string(self) -> str:
        """What the Azure SDKs and tools open the account with."""
        names = zip(("Blob", "Queue", "Table"), self.ports, strict=True)
        endpoints = "".join(f"{name}Endpoint=http://127.0.0.1:{port}/{ACCOUNT};" for name, port in names)
        return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={ACCOUNT_KEY};{endpoints}"

    def wait(self) -> None:
        """Wait until all three services answer.

        Raises:
            PartError: Azurite stopped or did not become ready.
        """
        for port in self.ports:
            self.part.wait_until(partial(_answers, port), START_SECONDS)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("HEAD", f"/{ACCOUNT}")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    else:
        return True
    finally:
        connection.close()

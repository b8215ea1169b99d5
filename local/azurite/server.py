"""A storage account on this machine: an Azurite process on loopback."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from local.azurite import node
from local.azurite.install import program
from local.ports import ask, free_ports
from local.processes import Part, PartError, stop_at_end

ACCOUNT = "devstoreaccount1"
# The key of every storage emulator. Microsoft publishes it; it protects nothing.
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
START_SECONDS = 60.0


class Azurite:
    """Blob, queue and table services that keep their data in `folder`; the ports are (blob, queue, table).

    Raises:
        PartError: Azurite is not installed.
    """

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
        # The SDKs use a newer service version than Azurite has, hence --skipApiVersionCheck.
        options = ("--skipApiVersionCheck", "--disableTelemetry", "--silent")
        command = [str(found.program), str(program()), "--location", str(folder), *endpoints, *options]
        self.part = Part("azurite", command, log)

    @property
    def connection_string(self) -> str:
        """The account's connection string for Azure SDKs and tools."""
        names = zip(("Blob", "Queue", "Table"), self.ports, strict=True)
        endpoints = "".join(f"{name}Endpoint=http://127.0.0.1:{port}/{ACCOUNT};" for name, port in names)
        return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={ACCOUNT_KEY};{endpoints}"

    def wait(self) -> None:
        """Wait until all three services answer.

        Raises:
            PartError: Azurite stopped or did not become ready.
        """

        def all_answer() -> bool:
            return all(ask(port, f"/{ACCOUNT}") is not None for port in self.ports)

        self.part.wait_until(all_answer, START_SECONDS)


@contextlib.contextmanager
def run_azurite(folder: Path) -> Iterator[Azurite]:
    """Run Azurite on free ports, with its data and log in `folder`."""
    azurite = Azurite(folder / "azurite", free_ports(0, 0, 0), folder / "azurite.log")
    with stop_at_end() as parts:
        parts.append(azurite.part)
        azurite.part.start()
        azurite.wait()
        yield azurite

"""The file APIs of Dynamics 365 F&O on your machine, as Azurite is for Azure Storage.

`python -m fno_emulator` starts the emulator in a process, `fno_emulator.server.Emulator` starts it in a thread.

* `dmf`        the data management framework: the state and the engine, without HTTP
* `blobs`      the storage account behind the SAS URLs that F&O hands out
* `auth`       the Entra ID tenant that issues tokens, over TLS with its own CA
* `odata`      the routes under `/data`: actions, entity sets and error envelopes
* `connector`  the recurring-integrations API
* `control`    the emulator's own API: operation log, faults, settings and reset
* `page`       the emulator's web page

docs/fno-behaviour.md numbers the facts about F&O that the emulator copies.
"""

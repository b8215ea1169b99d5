"""Dynamics 365 F&O's file APIs on your machine: what Azurite is for storage.

`python -m fno_emulator` starts it; `fno_emulator.server.Emulator` starts it in a thread. The folders, bottom up:

* `dmf`      projects, executions, staging and target tables: the state and the engine. Knows no HTTP.
* `blobs`    the storage account F&O hands out SAS URLs to.
* `auth`     the Entra ID tenant that issues tokens, over TLS with a CA of its own.
* `odata`    the routes under `/data`: actions, entity sets, error envelopes.
* `control`  `/_emulator`: operation log, faults, reset, and a look inside.

What it copies from F&O is numbered in docs/fno-behaviour.md.
"""

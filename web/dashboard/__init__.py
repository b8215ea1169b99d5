"""The dashboard: pages for people, made on the server from the ledger's records."""

"""The dashboard: pages that the server renders from the ledger."""

"""The recurring-integrations API, `/api/connector`, which only the cloud has (fno-behaviour 1.12)."""

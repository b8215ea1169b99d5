"""The recurring-integrations API: `/api/connector`, in the cloud only (fno-behaviour 1.12)."""

"""The ledger: what is known of every run, in an Azure table."""

"""The ledger: an Azure table with all that Landfall knows about its runs, and with the state that hosts share."""

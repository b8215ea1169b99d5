"""The command line of landfall.fno: a tool, never imported by the deployed app."""

"""The command line of landfall.fno: a tool, which the deployed app never imports."""

"""The command line for a deployed app: a tool, which the app itself never imports."""

"""The command line for a deployed app: a tool, never imported by the app itself."""

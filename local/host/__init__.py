"""A Functions host for Python v2 apps with Durable orchestrations, for development and tests.

It runs an unchanged app folder from PyPI packages alone. Production is Azure Functions; `local/README.md` says what differs.
"""

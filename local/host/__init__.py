"""A Functions host for Python v2 apps with Durable orchestrations, for development and tests.

It runs an unchanged app folder and needs only PyPI packages. `local/README.md` lists how it differs from Azure.
"""

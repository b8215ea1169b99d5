"""Exports: target rows are written to data files, which are zipped into a package."""

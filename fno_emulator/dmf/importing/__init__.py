"""Imports: a package is unpacked, its files go to staging tables, and their rows go on to target tables."""

"""The data that an environment has: entities and their fields, tables, data projects, manifests and number sequences."""

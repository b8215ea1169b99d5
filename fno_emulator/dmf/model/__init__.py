"""The data of an environment: entities and their fields, tables, data projects, manifests and number sequences."""

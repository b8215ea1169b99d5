"""The data management framework: its state and its engine. It knows nothing of HTTP."""

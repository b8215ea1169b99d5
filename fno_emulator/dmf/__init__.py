"""The data management framework: state and engine, without a word of HTTP."""

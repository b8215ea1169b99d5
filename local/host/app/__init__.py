"""The app's functions: what there is, whether it fits its bindings, and how one invocation runs."""

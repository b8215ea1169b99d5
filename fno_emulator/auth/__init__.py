"""The tenant: token endpoints and the certificates they are served with."""

"""One effect each, idempotent: what orchestrations have done by name."""

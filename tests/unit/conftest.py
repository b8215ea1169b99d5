"""Settings of the unit tests."""

from hypothesis import settings

# Shared machines are slow at times, and no test here is about time.
settings.register_profile("unit", deadline=None, max_examples=60, database=None)
settings.load_profile("unit")

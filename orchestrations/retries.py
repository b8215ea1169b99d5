"""How often a step that failed is tried again before its run gives up."""

import azure.durable_functions as df

STEP_RETRIES = df.RetryOptions(first_retry_interval_in_milliseconds=5_000, max_number_of_attempts=5)
"""For what passes within half a minute; F&O's own troubles are waited for by the loops, in durable timers."""

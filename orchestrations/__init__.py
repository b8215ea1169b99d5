"""What happens, in order: one durable orchestrator per file or export slot, and the gate to F&O."""

from orchestrations import (
    calls,
    collect_errors,
    deliver_package,
    ending,
    export_project,
    gate,
    guard_environment,
    import_file,
    start_execution,
    tell,
    tell_people,
    watch_execution,
)

PARTS = (
    calls,
    collect_errors,
    deliver_package,
    ending,
    export_project,
    gate,
    guard_environment,
    import_file,
    start_execution,
    tell,
    tell_people,
    watch_execution,
)

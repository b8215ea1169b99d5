"""What happens, in order: one durable orchestrator per file or export slot, and the gate to F&O."""

from orchestrations import (
    collect_errors,
    deliver_package,
    ending,
    export_project,
    gate,
    import_file,
    start_execution,
    tell,
    tell_people,
    watch_execution,
)

PARTS = (
    collect_errors,
    deliver_package,
    ending,
    export_project,
    gate,
    import_file,
    start_execution,
    tell,
    tell_people,
    watch_execution,
)

"""The app's functions are known by name where a name could be taken from them."""

import subprocess
import sys
from pathlib import Path

from landfall.exports import APP_FUNCTIONS
from landfall.plan import read_plan

ROOT = Path(__file__).parent.parent.parent
INDEX = "import function_app; print(*(each.get_function_name() for each in function_app.app.get_functions()))"


def test_no_export_can_take_the_name_of_a_function() -> None:
    """What the app registers beside its exports' timers is what APP_FUNCTIONS reserves, no more and no less."""
    environment = {"EXPORT_SCHEDULE": "0 0 6 * * *", "PATH": ""}
    listed = subprocess.run(
        [sys.executable, "-c", INDEX], cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    ).stdout.split()
    exports = {each.name for each in read_plan({}).exports}
    assert exports <= set(listed)
    assert sorted(set(listed) - exports) == sorted(APP_FUNCTIONS.split())

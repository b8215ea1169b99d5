import os
import sys
from pathlib import Path

import pytest

from landfall.cli.places import App
from local import app_host
from local.ports import free_ports
from local.processes import PartError, stop_at_end

# Replaces Core Tools: takes their command line and answers as their status route does.
FUNC = """\
import http.server, os, sys
assert sys.argv[1:3] == ["start", "--port"], sys.argv
assert os.environ["FUNCTIONS_WORKER_RUNTIME"] == "python"
assert os.path.exists("function_app.py")
class Status(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"state":"Running"}' if self.path == "/admin/host/status" else b"")
http.server.HTTPServer(("127.0.0.1", int(sys.argv[3])), Status).serve_forever()
"""


def test_missing_core_tools_are_an_error(tmp_path: Path) -> None:
    """Without func on PATH the message says how to install it, and how to run the app without it."""
    with pytest.raises(PartError, match=r"func.*not on PATH.*without HOST"):
        app_host.core_tools(tmp_path, 1, {"PATH": str(tmp_path)}, tmp_path / "log")


def test_core_tools_run_the_app_in_its_folder(tmp_path: Path) -> None:
    """The host starts func on the port, in the app's folder, and is ready when the status is Running."""
    app, func = tmp_path / "app", tmp_path / "bin" / "func"
    app.mkdir()
    func.parent.mkdir()
    (app / "function_app.py").touch()
    func.write_text(f"#!{sys.executable}\n{FUNC}")
    func.chmod(0o755)
    (port,) = free_ports(0)
    environment = {**os.environ, "PATH": f"{func.parent}:{os.environ['PATH']}"}
    host = app_host.core_tools(app, port, environment, tmp_path / "log")
    with stop_at_end() as parts:
        parts.append(host.part)
        host.part.start()
        assert host.ready() == App(f"http://127.0.0.1:{port}", None)

"""Does ``make run`` serve the login page, and does SIGTERM end all of it? Uses this clone's ``var``."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

SECONDS = 600
ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    run = subprocess.Popen(["make", "run", f"PORT={port}"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + SECONDS
    ready = False
    assert run.stdout is not None
    for line in run.stdout:
        print(line, end="", flush=True)
        ready = ready or f"ready: http://127.0.0.1:{port}/" in line
        if ready or time.monotonic() > deadline:
            break
    if ready:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as page:
            ready = page.status == 200 and b"csrfmiddlewaretoken" in page.read()
    run.terminate()
    run.communicate(timeout=60)
    left = [line for line in processes() if str(ROOT) in line and str(os.getpid()) != line.split()[0]]
    for line in left:
        print("left behind:", line)
    print("login page served" if ready else "the login page was not served")
    return 0 if ready and not left else 1


def processes() -> list[str]:
    """The command lines of the web server, the worker and the database, each after its process id."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if any(part in words for part in ("gunicorn", "procrastinate", "postgres -D", "credit_city.run")):
            found.append(f"{folder.name} {words}")
    return found


if __name__ == "__main__":
    sys.exit(main())

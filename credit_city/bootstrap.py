"""From a bare Python to a virtual environment with the pinned requirements. Needs the standard library alone.

``python -m credit_city.bootstrap requirements.txt`` sets up, ``... clean`` removes all that the project made.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from credit_city.embedded import Server, ServerError
from credit_city.errors import fail
from credit_city.postgres import server

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
VAR = ROOT / "var"
CACHES = ("__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache", ".hypothesis")


def set_up(requirements: str) -> None:
    """Make ``.venv`` with the packages of the file ``requirements``, and the folder of secrets."""
    (VAR / "log").mkdir(parents=True, exist_ok=True)
    with _one_at_a_time():
        if not _works(PYTHON):
            _make_environment()
        stamp = VENV / f"installed-{requirements}"
        wanted = _fingerprint(requirements)
        if not stamp.exists() or stamp.read_text() != wanted:
            _install(requirements)
            # What the tests need includes what the product needs.
            for name in {requirements, "requirements.txt"}:
                (VENV / f"installed-{name}").write_text(_fingerprint(name))
        (VAR / "secrets").mkdir(mode=0o700, exist_ok=True)


def clean() -> None:
    """Stop the embedded servers and remove the virtual environment, all data and all caches of this clone."""
    if is_running():
        fail("`make run` is still running here: stop it first (Ctrl-C in its terminal).")
    for each in (server, Server(VAR / "bench" / "postgres")):
        each.remove()
    for folder in (VAR, VENV, *(ROOT / name for name in CACHES)):
        if folder.is_symlink():
            folder.unlink()
        elif folder.exists():
            shutil.rmtree(folder)
    for part in ("apps", "credit_city", "tests"):
        for cache in list((ROOT / part).rglob("__pycache__")):
            shutil.rmtree(cache)
        for compiled in (ROOT / part).rglob("LC_MESSAGES/*.mo"):
            compiled.unlink()


def is_running() -> bool:
    """Whether the supervisor of ``make run`` holds its lock."""
    try:
        lock = os.open(VAR / "run.lock", os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    with open(VAR / "setup.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _works(python: Path) -> bool:
    """Whether the environment's Python runs: its base may have been removed or upgraded."""
    check = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    try:
        return subprocess.run([python, "-c", check], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _make_environment() -> None:
    say("Making the virtual environment .venv")
    if VENV.is_symlink():
        VENV.unlink()
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        told = " ".join((made.stdout + made.stderr).split())
        if "ensurepip" in told:
            version = f"{sys.version_info.major}.{sys.version_info.minor}"
            fail(f"{sys.executable} cannot make virtual environments: install python{version}-venv, then again.")
        fail(f"The virtual environment could not be made: {told[-300:]}")


def _install(requirements: str) -> None:
    say(f"Installing {requirements} (a minute or two the first time)")
    pip = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        "-r",
        requirements,
    ]
    log = VAR / "log" / "pip.log"
    with open(log, "w+") as output:
        done = subprocess.run(pip, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False)
        if done.returncode != 0:
            output.seek(0)
            errors = [line.strip() for line in output if line.startswith("ERROR")]
            reason = errors[-1].removeprefix("ERROR: ") if errors else f"pip ended with {done.returncode}"
            fail(f"The requirements could not be installed: {reason} Check the network or the proxy (log: {log}).")


def _fingerprint(requirements: str) -> str:
    """Changes when a requirements file, or the Python under it, changes."""
    content = b"".join(path.read_bytes() for path in sorted(ROOT.glob("requirements*.txt")))
    return f"{requirements} {sys.version_info[:2]} {hashlib.sha256(content).hexdigest()}"


def say(step: str) -> None:
    """One line of progress."""
    print(f"· {step}", flush=True)


if __name__ == "__main__":
    os.chdir(ROOT)
    try:
        if sys.argv[1:] == ["clean"]:
            clean()
        else:
            set_up(sys.argv[1])
    except ServerError as error:
        fail(str(error))
    except PermissionError as error:
        fail(f"No access to {error.filename}: run as the account it belongs to.")
    except KeyboardInterrupt:
        fail("stopped.")

"""What the supervisor of ``make run`` does with its children, tried on real processes."""

import signal
import sys
import time

import pytest

from credit_city.run import Child, Stop


@pytest.fixture
def child(tmp_path):
    """Makes a supervised Python script that is gone after the test."""
    made = []

    def make(script: str) -> Child:
        made.append(Child("The script", [sys.executable, "-c", script], tmp_path / "script.log"))
        return made[-1]

    yield make
    for one in made:
        one.end(signal.SIGKILL)


def test_a_child_that_ended_is_started_again(child):
    one = child("import time; time.sleep(60)")
    one.keep_running()
    first = one.process
    one.keep_running()
    assert one.process is first
    first.kill()
    first.wait()
    one.keep_running()
    assert one.process is not first and one.process.poll() is None


def test_a_child_that_ends_again_and_again_ends_the_run_with_its_last_words(child):
    one = child("import sys; sys.exit('no such table')")
    with pytest.raises(Stop, match="again and again: no such table"):
        for _ in range(10):
            one.keep_running()
            one.process.wait()


def test_what_a_child_started_ends_with_it(child, tmp_path):
    mark = tmp_path / "grandchild"
    grandchild = f"import time, pathlib\nwhile True: pathlib.Path({str(mark)!r}).touch(); time.sleep(0.05)"
    one = child(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {grandchild!r}])")
    one.keep_running()
    for _ in range(100):
        if mark.exists():
            break
        time.sleep(0.05)
    one.end(signal.SIGTERM)
    one.process.wait(5)
    time.sleep(0.2)
    mark.unlink()
    time.sleep(0.3)
    assert not mark.exists()


def test_ctrl_c_in_the_terminal_does_not_reach_the_children(child):
    """They have a session of their own; the supervisor ends them in order."""
    import os

    one = child("import time; time.sleep(60)")
    one.keep_running()
    assert os.getsid(one.process.pid) == one.process.pid != os.getsid(0)

"""Programs kept running and ended together, whatever is killed."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from earthcode.supervision import AlreadyRunning, ProgramEnded, Programs, Revival, only_one

ROOT = Path(__file__).resolve().parents[2]

SUPERVISOR = """
import sys, time
from pathlib import Path
from earthcode.supervision import Programs, only_one
with only_one(Path(sys.argv[1]), print, port=8000) as lock:
    commands = {"sleeper": ["sh", "-c", "trap '' TERM; echo ready; sleep 60"]}
    programs = Programs(commands, print, cwd=Path("/"), lock=lock)
    programs.start()
    time.sleep(60)
"""


def start_supervisor(path):
    supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISOR, path], cwd=ROOT, stdout=subprocess.PIPE)
    assert supervisor.stdout.readline() == b"ready\n"
    return supervisor


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr("earthcode.supervision.FIRST_PAUSE_SECONDS", 0.05)
    monkeypatch.setattr("earthcode.supervision.STEADY_SECONDS", 0.3)


@contextmanager
def running(tmp_path, **commands):
    """Give the programs, and what is said of them."""
    said = []
    with only_one(tmp_path / "lock", print) as lock:
        programs = Programs(commands, said.append, cwd=tmp_path, lock=lock)
        programs.start()
        try:
            yield programs, said
        finally:
            programs.stop()


def check_until(programs, condition):
    for _ in range(500):
        programs.check()
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("it did not come to that")


def test_a_program_that_never_keeps_running_is_named(tmp_path, quick):
    with running(tmp_path, server=["sleep", "60"], worker=["sh", "-c", "exit 3"]) as (programs, said):
        with pytest.raises(ProgramEnded, match=r"^The worker ended with exit code 3, 4 times in a row\.$"):
            check_until(programs, lambda: False)
        assert said == [
            f"The worker ended with exit code 3: starting it again in {pause} s …"
            for pause in (0.05, 0.1, 0.2)
        ]


def test_a_program_that_was_steady_is_started_again_as_often_as_it_takes(tmp_path, quick, monkeypatch):
    monkeypatch.setattr("earthcode.supervision.LONGEST_PAUSE_SECONDS", 0.1)
    away = tmp_path / "the database is away"
    script = f"echo >> {tmp_path}/starts; while ! [ -e '{away}' ]; do sleep 0.02; done"
    with running(tmp_path, worker=["sh", "-c", script]) as (programs, said):
        time.sleep(0.35)
        programs.check()
        away.touch()
        check_until(programs, lambda: len(said) == 6)
        away.unlink()
        starts = tmp_path / "starts"
        check_until(programs, lambda: len(starts.read_text()) == 7)
    pauses = [line.split(" in ")[1] for line in said]
    assert pauses == ["0.05 s …", *["0.1 s …"] * 5]


def test_what_a_killed_program_leaves_ends_before_it_is_started_again(tmp_path, quick):
    script = f"sleep 60 & echo $! >> {tmp_path}/children; wait"
    with running(tmp_path, server=["sh", "-c", script]) as (programs, said):
        children = tmp_path / "children"
        check_until(programs, lambda: children.exists() and children.read_text())
        child = int(children.read_text())
        os.kill(os.getpgid(child), signal.SIGKILL)
        check_until(programs, lambda: said)
        check_until(programs, lambda: not alive(child))
        check_until(programs, lambda: len(children.read_text().split()) == 2)
    assert said == ["The server ended by SIGKILL: starting it again in 0.05 s …"]


def alive(pid):
    try:
        # A dead one that nobody has waited for yet is there too.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_second_one_is_told_of_the_first(tmp_path):
    path = tmp_path / "lock"
    with start_supervisor(path) as supervisor:
        try:
            with (
                pytest.raises(AlreadyRunning, match=rf"process {supervisor.pid}, port 8000"),
                only_one(path, print),
            ):
                pass
        finally:
            supervisor.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells of open files in /proc")
def test_what_a_killed_one_leaves_is_ended_even_if_it_will_not_listen(tmp_path, monkeypatch):
    monkeypatch.setattr("earthcode.supervision.GRACE_SECONDS", 0.5)
    path, said = tmp_path / "lock", []
    with start_supervisor(path) as supervisor:
        supervisor.send_signal(signal.SIGKILL)
        supervisor.wait()
        with only_one(path, said.append):
            pass
    assert said == ["Waiting for what is left of the last run …"]


def test_what_cannot_be_brought_back_is_tried_again_after_pauses_that_grow(monkeypatch):
    monkeypatch.setattr("earthcode.supervision.FIRST_PAUSE_SECONDS", 0.05)
    said, tries = [], []

    def revive():
        tries.append(1)
        if len(tries) < 4:
            raise OSError("No luck.")

    revival = Revival(revive, said.append, OSError)
    deadline = time.monotonic() + 5
    while len(tries) < 6 and time.monotonic() < deadline:
        revival.check()
        time.sleep(0.005)
    assert said == [f"No luck. Trying again in {pause} s …" for pause in (0.05, 0.1, 0.2)]

"""Programs that live and die together, whatever is killed."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from earthcode.supervision import AlreadyRunning, ProgramEnded, Programs, only_one

ROOT = Path(__file__).resolve().parents[2]

SUPERVISOR = """
import sys, time
from pathlib import Path
from earthcode.supervision import Programs, only_one
with only_one(Path(sys.argv[1]), print, port=8000) as lock:
    programs = Programs({"sleeper": ["sh", "-c", "trap '' TERM; echo ready; sleep 60"]}, cwd=Path("/"), lock=lock)
    programs.start()
    time.sleep(60)
"""


def start_supervisor(path):
    supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISOR, path], cwd=ROOT, stdout=subprocess.PIPE)
    assert supervisor.stdout.readline() == b"ready\n"
    return supervisor


def check_for_a_while(programs):
    for _ in range(100):
        programs.check()
        time.sleep(0.05)


def test_the_end_of_one_program_is_named_and_stopping_ends_the_others(tmp_path):
    with only_one(tmp_path / "lock", print) as lock:
        programs = Programs(
            {"server": ["sleep", "60"], "worker": ["sh", "-c", "exit 3"]}, cwd=tmp_path, lock=lock
        )
        programs.start()
        try:
            with pytest.raises(ProgramEnded, match=r"^The worker ended with exit code 3\.$"):
                check_for_a_while(programs)
        finally:
            programs.stop()
        with pytest.raises(ProgramEnded, match="The server ended by SIGTERM"):
            programs.check()


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

"""The PostgreSQL under var/: shared, stopped by the last user, and back after a kill -9."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from earthcode import local_database

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "a deep and spacious folder" / ("x" * 90) / "postgres"


def answers(folder):
    try:
        psycopg.connect(local_database.url(folder)).close()
    except psycopg.OperationalError:
        return False
    return True


def silent(line):
    pass


def use_elsewhere(folder):
    """Start another process that uses the database; return it once it does."""
    program = (
        "import sys, time; from pathlib import Path; from earthcode import local_database as l\n"
        "with l.running(Path(sys.argv[1])): print('ready', flush=True); time.sleep(60)"
    )
    user = subprocess.Popen([sys.executable, "-c", program, folder], cwd=ROOT, stdout=subprocess.PIPE)
    assert user.stdout.readline() == b"ready\n"
    return user


def test_server_is_shared_survives_kill_and_is_stopped_by_the_last_user(folder):
    with local_database.running(folder, silent) as url:
        with local_database.running(folder, silent), psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept (word text)")
            connection.execute("INSERT INTO kept VALUES ('here')")
        assert answers(folder)  # the inner user has left, the outer has not
    assert not answers(folder)

    with use_elsewhere(folder) as user:
        user.kill()
    assert answers(folder)  # nobody was left to stop it
    postmaster = int((folder / "data" / "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGKILL)

    said = []
    with local_database.running(folder, said.append) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT word FROM kept").fetchone() == ("here",)
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert connection.execute("SELECT 'É' < 'z', lower('É')").fetchone() == (False, "é")
    assert said == []
    assert not answers(folder)
    assert not local_database.socket_directory(folder).exists()


def test_a_process_id_that_belongs_to_another_by_now_does_not_stop_the_start(folder):
    with local_database.running(folder, silent):
        lines = (folder / "data" / "postmaster.pid").read_text().splitlines()
    (folder / "data" / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]))
    with local_database.running(folder, silent):
        assert answers(folder)


def test_a_server_that_was_started_by_hand_is_used_and_left_running(folder):
    with local_database.running(folder, silent):
        pass
    data, sockets = folder / "data", local_database.socket_directory(folder)
    sockets.mkdir(mode=0o700)
    owner = pwd.getpwuid(data.stat().st_uid)
    os.chown(sockets, owner.pw_uid, owner.pw_gid)
    by_hand = ["pg_ctl", "--wait", "-D", str(data)]
    options = f"-c listen_addresses='' -c unix_socket_directories={sockets}"
    log = folder / "by-hand.log"
    local_database._run([*by_hand, "start", "--options", options], owner, log=log)
    try:
        postmaster = (data / "postmaster.pid").read_text().split()[0]
        with local_database.running(folder, silent):
            assert (data / "postmaster.pid").read_text().split()[0] == postmaster
        assert answers(folder)
    finally:
        local_database._run([*by_hand, "stop", "--mode=immediate"], owner, log=log)
        shutil.rmtree(sockets, ignore_errors=True)


def test_socket_folder_in_other_hands_is_refused(folder):
    sockets = local_database.socket_directory(folder)
    sockets.mkdir(mode=0o777)
    try:
        with (
            pytest.raises(local_database.LocalDatabaseError, match="not ours alone"),
            local_database.running(folder, silent),
        ):
            pass
    finally:
        sockets.rmdir()


def test_data_of_another_version_is_refused(folder):
    with local_database.running(folder, silent):
        pass
    (folder / "data" / "PG_VERSION").write_text("9\n")
    with (
        pytest.raises(local_database.LocalDatabaseError, match="made by PostgreSQL 9"),
        local_database.running(folder, silent),
    ):
        pass


def test_a_server_that_ends_while_it_is_used_is_started_again(folder):
    said = []
    with local_database.running(folder, silent):
        local_database.revive(folder, said.append)
        assert said == []
        postmaster = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while not said and time.monotonic() < deadline:
            local_database.revive(folder, said.append)
            time.sleep(0.05)
        assert said == ["The database ended: starting it again …"]
        assert answers(folder)
    assert not answers(folder)

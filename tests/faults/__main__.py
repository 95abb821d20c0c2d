"""Break what the portal stands on, one thing after the other, and say second by second what visitors saw.

    python -m tests.faults [--quick] [--checkout FOLDER] [SCENE …]

Exits 1 if a scene went worse than it may. Ends what it started, by its own process numbers.
"""

import argparse
import contextlib
import http.cookiejar
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
from PIL import Image

from .portal import EDITOR, PASSWORD, Portal
from .visitors import PAGES, Visit, Visitors, send_much, send_slowly, table

ROOT = Path(__file__).resolve().parents[2]
ANSWER_SECONDS = 5.5
"""Five, and what a busy machine needs."""
QUICK = ("restart", "web-worker", "large")

Problems = list[str]
Scene = Callable[[Portal, Visitors], Problems]


def calm(portal: Portal, visitors: Visitors) -> Problems:
    """150 visitors at once"""
    time.sleep(2)
    visitors.burst(150)
    time.sleep(8)
    settled(visitors)
    most = portal.ask("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")[0]
    print(f"  connections with the database: {most}")
    return only(visitors.visits, "200", within=TIMELESS)


def restart(portal: Portal, visitors: Visitors) -> Problems:
    """PostgreSQL restarts"""
    time.sleep(2)
    portal.restart_database()
    back = time.monotonic() - visitors.began
    time.sleep(12)
    after = [one for one in visitors.visits if one.at > back + 3]
    return [*answered(visitors.visits), *only(after, "200"), *worker_works(portal, seconds=45)]


def freeze(portal: Portal, visitors: Visitors) -> Problems:
    """PostgreSQL is frozen for 15 s, with 60 visitors at once in the middle"""
    time.sleep(2)
    portal.signal_database(signal.SIGSTOP)
    time.sleep(5)
    visitors.burst(60)
    time.sleep(10)
    portal.signal_database(signal.SIGCONT)
    back = time.monotonic() - visitors.began
    time.sleep(8)
    after = [one for one in visitors.visits if one.at > back + 3]
    return [*answered(visitors.visits), *only(after, "200"), *worker_works(portal, seconds=60)]


def lock(portal: Portal, visitors: Visitors) -> Problems:
    """The table of events is locked for 8 s"""
    time.sleep(1)
    with psycopg.connect(portal.url) as connection:
        connection.execute("LOCK TABLE events_eventpage IN ACCESS EXCLUSIVE MODE")
        time.sleep(8)
    back = time.monotonic() - visitors.began
    time.sleep(6)
    after = [one for one in visitors.visits if one.at > back + 3]
    return [*answered(visitors.visits), *only(after, "200")]


def web_worker(portal: Portal, visitors: Visitors) -> Problems:
    """A process of the web server is killed"""
    time.sleep(3)
    count = portal.kill_web_worker()
    print(f"  killed one of {count} processes that answer")
    time.sleep(9)
    settled(visitors)
    lost = [one for one in visitors.visits if one.outcome != "200"]
    refused = [one for one in lost if one.outcome in ("refused", "no answer")]
    return [f"{len(refused)} visitors were refused"] * bool(refused) + [
        f"{len(lost)} visits were lost; only those on their way may be"
    ] * (len(lost) > 3)


def worker(portal: Portal, visitors: Visitors) -> Problems:
    """The worker is killed, and not seen for 11 minutes"""
    os.killpg(portal.programs["worker"].pid, signal.SIGKILL)
    portal.programs.pop("worker").wait()
    before = mails(portal)
    portal.ask("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '11 minutes' RETURNING 1")
    visitors.send(["/readyz?full"])
    deadline = time.monotonic() + 45
    while mails(portal) == before and time.monotonic() < deadline:
        time.sleep(1)
    time.sleep(3)
    told = mails(portal) - before
    found = [one for one in visitors.visits if one.path == "/readyz?full" and one.outcome == "503"]
    portal.start("worker")
    return [
        *([] if found else ["/readyz?full does not tell"]),
        *([] if told == 1 else [f"{told} mails instead of one"]),
        *only([one for one in visitors.visits if one.path in PAGES], "200"),
        *worker_works(portal, seconds=45),
    ]


def slow(portal: Portal, visitors: Visitors) -> Problems:
    """20 senders bring their request bodies byte by byte"""
    senders = [
        threading.Thread(target=send_slowly, args=(portal.port, "/admin/login/", 14)) for _ in range(20)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    settled(visitors)
    return only(visitors.visits, "200", within=3)


def large(portal: Portal, visitors: Visitors) -> Problems:
    """400 MB are sent to the sign-in page, announced and in chunks"""
    problems = []
    for in_chunks in (False, True):
        status, sent, seconds = send_much(portal.port, "/admin/login/", 400, in_chunks=in_chunks)
        words = "in chunks" if in_chunks else "announced"
        print(f"  {words}: {status} after {sent / 1e6:.1f} MB and {seconds:.1f} s")
        if sent > 40_000_000 or not status.startswith("413"):
            problems.append(f"{words}: {sent / 1e6:.0f} MB were taken in, then {status or 'nothing'}")
    time.sleep(1)
    return [*problems, *only(visitors.visits, "200", within=3)]


def front(portal: Portal, visitors: Visitors) -> Problems:
    """Behind nginx with deploy/nginx.conf: slow and large bodies, and a killed process of the web server"""
    if not nginx_is_there():
        print("  left out: there is no nginx, and installing it takes root and Debian's packages")
        return []
    with portal.behind_nginx(ROOT / "deploy" / "nginx.conf") as port, Visitors(port) as public:
        senders = [threading.Thread(target=send_slowly, args=(port, "/admin/login/", 9)) for _ in range(40)]
        for sender in senders:
            sender.start()
        status, sent, seconds = send_much(port, "/admin/login/", 400, in_chunks=False)
        print(f"  400 MB: {status} after {sent / 1e6:.1f} MB and {seconds:.1f} s")
        portal.kill_web_worker()
        for sender in senders:
            sender.join()
        settled(public)
    # The front keeps these two for itself.
    seen = [one for one in public.visits if one.path in PAGES]
    lost = [one for one in seen if one.outcome != "200"]
    print("  through nginx:", *table(seen), sep="\n")
    return [
        *([] if status.startswith("413") and sent < 10_000_000 else [f"400 MB: {status}"]),
        *([f"{len(lost)} visits were lost: {listed(lost)}"] if lost else []),
    ]


def nginx_is_there() -> bool:
    if not shutil.which("nginx") and os.geteuid() == 0 and shutil.which("apt-get"):
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "nginx-light"]
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(command, check=False, capture_output=True, timeout=60)
    return shutil.which("nginx") is not None


def full(portal: Portal, visitors: Visitors) -> Problems:
    """The disk of uploaded files is full"""
    if os.geteuid() != 0 or not shutil.which("mount"):
        print("  left out: mounting a small disk takes root")
        return []
    command = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=777", "tmpfs", str(portal.media)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        print("  left out: no disk can be mounted here")
        return []
    try:
        time.sleep(1)
        status, page = upload(portal)
        print(f"  an editor's upload of an image: {status}")
        time.sleep(2)
    finally:
        subprocess.run(["umount", str(portal.media)], check=False)
    tells = "space" in page
    return [
        *(
            []
            if status == 507 and tells
            else [f"the editor is answered {status}, and not told what is wrong"]
        ),
        *only([one for one in visitors.visits if one.path in PAGES], "200"),
    ]


SCENES: dict[str, Scene] = {
    "calm": calm,
    "restart": restart,
    "freeze": freeze,
    "lock": lock,
    "web-worker": web_worker,
    "worker": worker,
    "slow": slow,
    "large": large,
    "front": front,
    "full": full,
}

# What visitors may see

TIMELESS = 60.0


def only(visits: list[Visit], outcome: str, *, within: float = ANSWER_SECONDS) -> Problems:
    bad = [one for one in visits if one.outcome != outcome]
    late = [one for one in visits if one.seconds > within]
    return [
        *([f"{len(bad)} of {len(visits)} visits ended otherwise: {listed(bad)}"] if bad else []),
        *([f"{len(late)} took more than {within:g} s"] if late else []),
    ]


def answered(visits: list[Visit]) -> Problems:
    """Every visit gets a page in time, or is asked to come again; and the process always says that it lives."""
    bad = [one for one in visits if one.outcome != "200" and not (one.outcome == "503" and one.says_when)]
    late = [one for one in visits if one.seconds > ANSWER_SECONDS]
    waiting = [
        one for one in visits if one.path == "/healthz" and (one.seconds > 1.5 or one.outcome != "200")
    ]
    return [
        *([f"{len(bad)} visits got neither a page nor a 503: {listed(bad)}"] if bad else []),
        *([f"{len(late)} took more than {ANSWER_SECONDS:g} s"] if late else []),
        *([f"/healthz waited or failed {len(waiting)} times"] if waiting else []),
    ]


def listed(visits: list[Visit]) -> str:
    return ", ".join(sorted({f"{one.outcome} {one.path}" for one in visits}))


def worker_works(portal: Portal, *, seconds: float) -> Problems:
    """A worker has taken up a job that was given now."""
    try:
        job = portal.ask(
            "SELECT procrastinate_defer_job_v2('default', 'look_after_run', 0, NULL, NULL, '{\"run\": 0}', NULL)"
        )[0]
    except psycopg.Error:
        job = portal.ask(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args) "
            "VALUES ('default', 'look_after_run', '{\"run\": 0}') RETURNING id"
        )[0]
    deadline = began = time.monotonic()
    deadline += seconds
    while time.monotonic() < deadline:
        row = portal.ask(f"SELECT status FROM procrastinate_jobs WHERE id = {job}")
        if row is None or row[0] in ("succeeded", "failed"):
            print(f"  the worker did a job {time.monotonic() - began:.0f} s after it was given")
            return []
        time.sleep(1)
    return [f"the worker does nothing for {seconds:g} s"]


def settled(visitors: Visitors) -> None:
    """Wait until whoever is on the way has arrived."""
    time.sleep(1)


def mails(portal: Portal) -> int:
    return portal.log("web").read_text(errors="replace").count("The worker is not running")


def upload(portal: Portal) -> tuple[int, str]:
    """Sign in and upload an image; the status and the page."""
    origin = f"http://127.0.0.1:{portal.port}"
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    opener.addheaders = [("Origin", origin), ("Referer", f"{origin}/admin/login/")]

    def token(address: str) -> str:
        page = opener.open(address, timeout=30).read().decode()
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        return found[1] if found else ""

    form = {"csrfmiddlewaretoken": token(f"{origin}/admin/login/"), "username": EDITOR, "password": PASSWORD}
    opener.open(f"{origin}/admin/login/", urllib.parse.urlencode(form).encode(), timeout=30)
    picture = io.BytesIO()
    Image.frombytes("RGB", (400, 400), os.urandom(480_000)).save(picture, "PNG")
    boundary = uuid.uuid4().hex
    fields = {
        "csrfmiddlewaretoken": token(f"{origin}/admin/images/add/"),
        "title": "Noise",
        "collection": "1",
    }
    body = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    )
    body += f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="noise.png"\r\n'.encode()
    body += b"Content-Type: image/png\r\n\r\n" + picture.getvalue() + f"\r\n--{boundary}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    request = urllib.request.Request(f"{origin}/admin/images/add/", body, headers)
    try:
        with opener.open(request, timeout=30) as answer:
            return answer.status, answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")


@contextlib.contextmanager
def workplace() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="earthcode-faults-") as name:
        # PostgreSQL's user, where that is not us, has to get through.
        Path(name).chmod(0o755)
        yield Path(name)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make faults")
    parser.add_argument("scenes", nargs="*", metavar="SCENE")
    parser.add_argument("--quick", action="store_true", help=f"only {', '.join(QUICK)}")
    parser.add_argument("--checkout", type=Path, default=ROOT, help="of the portal to start, if not this one")
    options = parser.parse_args()
    chosen = options.scenes or (QUICK if options.quick else list(SCENES))
    # Whoever ends us, what we started ends too.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    results: dict[str, Problems] = {}
    began = time.monotonic()
    with workplace() as folder:
        portal = Portal(options.checkout, folder)
        print("Starting the portal as README says …", flush=True)
        try:
            with portal.running():
                print(f"It took {time.monotonic() - began:.0f} s.", flush=True)
                for name in chosen:
                    scene = SCENES[name]
                    portal.start_again()
                    print(f"\n{name}: {scene.__doc__}", flush=True)
                    with Visitors(portal.port) as visitors:
                        problems = scene(portal, visitors)
                    print("\n".join(table(visitors.visits)), flush=True)
                    for problem in problems:
                        print(f"  BAD: {problem}", flush=True)
                    results[name] = problems
        finally:
            for name in ("web", "worker"):
                if portal.log(name).exists():
                    shutil.copy(portal.log(name), options.checkout / "var" / f"faults-{name}.log")
    print(f"\n{time.monotonic() - began:.0f} s in all; the logs are var/faults-*.log")
    for name, problems in results.items():
        print(f"{'BAD' if problems else 'ok ':4} {name}: {SCENES[name].__doc__}")
    return 1 if any(results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())

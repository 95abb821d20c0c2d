"""The worker, which outlives the database: procrastinate's ends for good when its connection breaks."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.psycopg_connector import PsycopgConnector

from earthcode.trouble import trouble_of

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
STEADY_SECONDS = 60.0
"""After so long a run the pauses begin anew."""
CONNECTION_SECONDS = 10.0

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Do what the portal does in the background, until SIGTERM or Ctrl-C; start again whatever ends it before."
    requires_system_checks = []  # `migrate` makes them

    def handle(self, **options: Any) -> None:
        asyncio.run(work())


def pauses() -> Iterator[float]:
    """Seconds to wait before each further attempt."""
    pause = FIRST_PAUSE_SECONDS
    while True:
        yield pause
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


async def work() -> None:
    """Run workers, one after the other, until a signal asks to stop; a job that is being done then has the time of
    PROCRASTINATE_WORKER_DEFAULTS to end."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    pause, stopping = pauses(), asyncio.create_task(stop.wait())
    while not stop.is_set():
        began = loop.time()
        worker = asyncio.create_task(_one_worker())
        await asyncio.wait({worker, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            worker.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await worker
            return
        if loop.time() - began >= STEADY_SECONDS:
            pause = pauses()
        seconds = next(pause)
        _say_why(worker.exception(), seconds)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)


async def _one_worker() -> None:
    connector = PsycopgConnector(
        kwargs=connector_params(), min_size=1, max_size=4, timeout=CONNECTION_SECONDS, reconnect_timeout=5.0
    )
    with app.replace_connector(connector) as live:
        try:
            await asyncio.wait_for(live.open_async(), CONNECTION_SECONDS)
            await live.run_worker_async(install_signal_handlers=False)
        finally:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(live.close_async(), CONNECTION_SECONDS)


def _say_why(error: BaseException | None, seconds: float) -> None:
    found = trouble_of(error)
    if error is None or found:
        reason = found[1] if found else "its connection with the database broke"
        logger.warning("The worker stopped (%s): it starts again in %g s", reason, seconds)
    else:
        logger.error("The worker stopped: it starts again in %g s", seconds, exc_info=error)

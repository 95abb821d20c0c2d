"""The process in which feeds of strangers are read; `apart` starts it, as a script and not as a module of its package.

Arguments: seconds of processor time, bytes of memory. Questions come in on standard input and answers go out on
standard output, pickled: (name of a function below, its arguments), and what it returns or raises.
"""

import os
import pickle
import resource
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any


def limit(seconds: int, memory: int) -> None:
    # The soft limit ends the process by a signal that nothing here handles, the hard one in any case.
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def without_models() -> None:
    """Let the modules that read feeds be imported without their package, which would load all of Django's models."""
    here = Path(__file__).resolve().parent
    sys.path.insert(0, str(here.parents[1]))
    package = types.ModuleType("events.importing")
    package.__path__ = [str(here)]
    sys.modules[package.__name__] = package


def read(data, options):
    """The format and the events of `data`, by the options of `parse.parse`."""
    from events.importing.parse import format_of, parse

    given = (options.get("address", ""), options.get("content_type", ""))
    format = options.pop("format", "") or format_of(data, *given)
    return format, parse(data, format=format, **options)


def report(fetched, again, day, most_events, most_problems, options):
    """What is said to whoever publishes a feed: the format, the number of events, the advice, and the first problems
    with the number of all.

    `again` are the bytes that came the second time, None if none did. A feed that is not large is read in another zone
    as well, to see which times name none.
    """
    from events.importing.advice import MANY_BYTES, advise, zoneless

    zone = options["default_timezone"]
    format, feed = read(fetched.body, dict(options))
    options = {**options, "format": format}
    second: Any = None
    without_zone: Any = ()
    if fetched.bytes_read <= MANY_BYTES:
        other = next(name for name in ("Pacific/Kiritimati", "Pacific/Niue") if name != zone)
        without_zone = zoneless(feed, read(fetched.body, {**options, "default_timezone": other})[1])
        if again is not None:
            second = feed if again == fetched.body else read(again, dict(options))[1]
    advice = advise(
        feed,
        format=format,
        day=day,
        fetched=fetched,
        again=second,
        without_zone=without_zone,
        most=most_events,
    )
    return format, len(feed.events), advice, feed.problems[:most_problems], len(feed.problems)


FUNCTIONS: dict[str, Callable[..., Any]] = {"read": read, "report": report}


def serve() -> None:
    questions = sys.stdin.buffer
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # What a library prints is no answer.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    while True:
        try:
            name, *arguments = pickle.load(questions)  # noqa: S301 - written by the portal
        except EOFError:
            return
        try:
            answer = FUNCTIONS[name](*arguments)
        except Exception as error:  # noqa: BLE001 - it is raised by whoever asked
            answer = error
        pickle.dump(answer, answers)
        answers.flush()


if __name__ == "__main__":
    limit(int(sys.argv[1]), int(sys.argv[2]))
    without_models()
    from django.conf import settings

    settings.configure(USE_TZ=True, LANGUAGE_CODE="en-gb", USE_I18N=False)
    serve()

"""What the benchmarks print."""

import os
import sys

from django.db import connection


def machine() -> str:
    python = sys.version.split()[0]
    return f"{os.cpu_count()} processors, Python {python}, PostgreSQL {connection.pg_version // 10000}"


def promise(what: str, found: float, limit: float) -> bool:
    """Whether `what` is at most `limit` times what it is measured by; says so."""
    is_kept = found <= limit
    print(f"\n{what}: {found:.2f} ×; at most {limit} × is {'kept' if is_kept else 'BROKEN'}.")
    return is_kept


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)

"""After a long run: how many sequences showed each failure."""

from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    played = [
        dict(report.user_properties)
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call" and "invariants" in dict(report.user_properties)
    ]
    if len(played) < 20:
        return
    terminalreporter.section(f"{len(played)} sequences")
    for seen, count in Counter(each for told in played for each in told["seen"]).most_common():
        terminalreporter.write_line(f"{count:>5}  {seen}")
    terminalreporter.write_line(f"{sum(not told['invariants'] for told in played):>5}  without a failure")
    for broken, count in Counter(each for told in played for each in told["invariants"]).most_common():
        terminalreporter.write_line(f"{count:>5}  did not hold: {broken}")

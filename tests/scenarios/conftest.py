"""After a long run: how many sequences showed each failure."""

from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    played = [
        dict(report.user_properties)["invariants"]
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport) and "invariants" in dict(report.user_properties)
    ]
    if len(played) < 20:
        return
    terminalreporter.section(f"{len(played)} sequences")
    terminalreporter.write_line(f"{sum(not broken for broken in played):>5}  without a failure")
    for invariant, count in Counter(each for broken in played for each in broken).most_common():
        terminalreporter.write_line(f"{count:>5}  did not hold: {invariant}")

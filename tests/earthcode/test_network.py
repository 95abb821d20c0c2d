import socket

import pytest


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("portal.example.org", 443)])
def test_tests_reach_no_other_machine(address):
    with pytest.raises(RuntimeError, match="tests have no network"):
        socket.create_connection(address, timeout=1)


def test_tests_reach_this_machine():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=1).close()

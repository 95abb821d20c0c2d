"""Which servers the portal may ask for feeds and pictures: by name, by port, and by the addresses of a name.

The import asks whatever address an editor or a feed names. Without these rules that would include the portal's own
machine and network, and the services of its host that hand out credentials.
"""

import re
import socket
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import idna
import requests
from urllib3.util.connection import allowed_gai_family

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

STANDARD_PORTS = frozenset({80, 443})

# Addresses of somebody's own network (RFC 1918, 6598 and 4193): the only ones that an operator may open.
PRIVATE: tuple[Network, ...] = (
    IPv4Network("10.0.0.0/8"),
    IPv4Network("172.16.0.0/12"),
    IPv4Network("192.168.0.0/16"),
    IPv4Network("100.64.0.0/10"),
    IPv6Network("fc00::/7"),
)
# Of IPv6 only this is given to hosts of the internet (IANA). Outside it is, beside what is local, everything in which
# an IPv4 address can be hidden: ::/96 (compatible), ::ffff:0:0:0/96 (translated), 64:ff9b::/96 (NAT64).
GLOBAL_UNICAST = IPv6Network("2000::/3")
# What Python has as global, and lets somebody reach other hosts than it seems to.
NOT_HOSTS: tuple[Network, ...] = (
    IPv4Network("192.88.99.0/24"),  # relays of 6to4
    IPv6Network("2001::/23"),  # protocols such as Teredo and ORCHID
    IPv6Network("2002::/16"),  # 6to4
    IPv6Network("3fff::/20"),  # for documentation
)

_NAME = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
# Programs take 2130706433, 0x7f.1 and 0177.0.0.1 for addresses (WHATWG URL, 3.5, “ends in a number”).
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


class AddressRefused(requests.RequestException):
    """The rules of the portal do not let it ask this server; the message goes on after the name of the server."""


@dataclass(frozen=True)
class Rules:
    """What may be asked. `allowed` and `denied` hold names of hosts, `.example.org` with all that are below it, and
    addresses or networks; if `allowed` is not empty, nothing else is. `ports` are those beside 80 and 443.

    Addresses that are not public are refused even so, but for private networks that `allowed` names.
    """

    allowed: Collection[str] = ()
    denied: Collection[str] = ()
    ports: Collection[int] = ()
    allow_loopback: bool = False

    def why_not_name(self, host: str, port: int) -> str:
        """Why `host`, as `ascii_host` gives it, is not asked at `port`, whatever its addresses are; "" if it may be."""
        if _is_named(host, self.denied):
            return "this portal is set up not to ask this server."
        # With it, which port may be asked depends on the address.
        if port not in {*STANDARD_PORTS, *self.ports} and not self.allow_loopback:
            return _refusal_of(port)
        return ""

    def why_not(self, host: str, port: int, address: Address) -> str:
        """Why `address`, one of `host`, is not asked at `port`; "" if it may be."""
        address = _unmapped(address)
        if self.allow_loopback and address.is_loopback:
            return ""
        if _is_named(host, self.denied) or _is_in(address, self.denied):
            return "is not fetched: this portal is set up not to ask this server."
        if port not in {*STANDARD_PORTS, *self.ports}:
            return f"is not fetched: {_refusal_of(port)}"
        if self.allowed and not (_is_named(host, self.allowed) or _is_in(address, self.allowed)):
            return (
                "is not fetched: this portal is set up to ask certain servers only, and this is none of them."
            )
        if not is_public(address) and not _is_in(address, _opened(self.allowed)):
            return "is not a public address of the internet; feeds are fetched from public ones only."
        return ""


def _refusal_of(port: int) -> str:
    return (
        f"feeds are fetched from the usual ports, 80 and 443, and not from port {port}. "
        "Whoever runs the portal can allow it."
    )


def is_public(address: Address) -> bool:
    """Whether `address` is one of the internet, and hides no other in it."""
    address = _unmapped(address)
    if isinstance(address, IPv6Address) and address not in GLOBAL_UNICAST:
        return False
    return (
        address.is_global
        and not address.is_multicast
        and not any(address in network for network in NOT_HOSTS if network.version == address.version)
    )


def resolved(host: str, port: int, rules: Rules) -> Address:
    """The address of `host` to connect to. Raises AddressRefused where `rules` do not allow it, and
    requests.ConnectionError for a host without one."""
    try:
        found = socket.getaddrinfo(host, port, family=allowed_gai_family(), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise requests.ConnectionError(f"{host} has no address") from error
    address = ip_address(found[0][4][0])
    if refusal := rules.why_not(host, port, address):
        raise AddressRefused(refusal)
    return address


def ascii_host(host: str) -> str:
    """`host`, a name or an address as `urlsplit` gives it, as it is asked for: in lower case, ASCII (UTS 46), and
    without the dot that may end a name.

    Raises ValueError for what is neither.
    """
    if ":" in host:
        # A zone such as %eth0 names a network of this machine.
        return str(IPv6Address(host.partition("%")[0]))
    if not host.isascii():
        host = idna.encode(host, uts46=True).decode()
    host = host.lower().removesuffix(".")
    if not _NAME.fullmatch(host):
        raise ValueError(host)
    return host


def has_numeric_name(host: str) -> bool:
    """Whether programs would take `host` for an IPv4 address that is written in an unusual way."""
    if ":" in host:
        return False
    try:
        IPv4Address(host)
    except ValueError:
        return bool(_NUMBER.fullmatch(host.rpartition(".")[2]))
    return False


def _unmapped(address: Address) -> Address:
    """An IPv4 address as such, also where it is written as one of IPv6."""
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _is_named(host: str, listed: Iterable[str]) -> bool:
    return any(
        host == name.removeprefix(".") or (name.startswith(".") and host.endswith(name)) for name in listed
    )


def _is_in(address: Address, listed: Iterable[str]) -> bool:
    return any(address in network for network in _networks(listed) if network.version == address.version)


def _networks(listed: Iterable[str]) -> Iterable[Network]:
    for text in listed:
        try:
            yield ip_network(text)
        except ValueError:
            continue  # a name


def _opened(listed: Iterable[str]) -> list[str]:
    """Those of `listed` that are private networks, or parts of one."""
    return [
        str(network)
        for network in _networks(listed)
        if any(network.subnet_of(whole) for whole in PRIVATE if whole.version == network.version)  # type: ignore[arg-type]
    ]

"""What the environment may say, and how it is understood: pure functions from words to settings."""

import contextlib
import ipaddress
import os
import re
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environ
import idna
from django.core.exceptions import ImproperlyConfigured


class ConfigurationError(ImproperlyConfigured):
    """What the environment says cannot be used; the message is one line with what to do and no secret."""


def missing(names: list[str], environment: Any) -> list[str]:
    """Return those of `names` that `environment` (a mapping) does not hold or holds empty."""
    return [name for name in names if not environment.get(name)]


def yes_or_no(name: str, text: str) -> bool:
    """Return what `text`, the value of the variable `name`, says. Raises ConfigurationError."""
    known = {"true": True, "yes": True, "on": True, "1": True}
    known |= {"false": False, "no": False, "off": False, "0": False, "": False}
    try:
        return known[text.strip().lower()]
    except KeyError:
        raise ConfigurationError(f"{name}={text} says neither yes nor no: write true or false.") from None


def log_level(text: str) -> str:
    """Return the level of `logging` that `text` names in whatever case. Raises ConfigurationError."""
    level = text.strip().upper()
    if level not in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
        raise ConfigurationError(f"LOG_LEVEL={text} is no level: write DEBUG, INFO, WARNING or ERROR.")
    return level


def host_names(text: str) -> list[str]:
    """Return the names of ALLOWED_HOSTS, which `text` separates by commas. Raises ConfigurationError."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    # A port matters too: Django compares names alone, and would refuse every request. [::1] is an address.
    if not names or any(re.search(r"[/@\s]|[^\]:]:\d+$|\]:", name) for name in names):
        raise ConfigurationError(
            f"ALLOWED_HOSTS={text} cannot be used: "
            "write host names alone, separated by commas, as in portal.example.org."
        )
    return names


def hosts_and_networks(name: str, text: str) -> list[str]:
    """Return the entries of the variable `name`, which `text` separates by commas: names of hosts in lower case,
    `.example.org` with all names below it, and networks in the notation of RFC 4632 and RFC 4291.

    Raises ConfigurationError.
    """
    entries = [entry.strip().lower() for entry in text.split(",") if entry.strip()]
    return [_host_or_network(name, entry) for entry in entries]


def _host_or_network(name: str, entry: str) -> str:
    refusal = ConfigurationError(
        f"{name}: “{entry}” is neither a host nor a network: write names and networks separated by commas, "
        "as in example.org,.example.com,192.0.2.0/24, without https:// and without a port."
    )
    address, _, length = entry.partition("/")
    try:
        return str(
            ipaddress.ip_network(f"{address.strip('[]')}{f'/{length}' if length else ''}", strict=False)
        )
    except ValueError:
        pass
    host = entry.removeprefix("*").removesuffix(".")
    try:
        host = host if host.isascii() else idna.encode(host, uts46=True).decode()
    except UnicodeError:
        raise refusal from None
    # What ends in a number would be an address.
    if not re.fullmatch(r"\.?[a-z0-9_-]+(\.[a-z0-9_-]+)*", host) or re.search(
        r"(^|\.)(0x[0-9a-f]*|\d+)$", host
    ):
        raise refusal
    if entry.startswith("*") and not host.startswith("."):
        raise refusal
    return host


def import_hosts(text: str) -> list[str]:
    """Return the hosts and networks of IMPORT_ALLOWED_HOSTS, see `hosts_and_networks`. Raises ConfigurationError."""
    entries = hosts_and_networks("IMPORT_ALLOWED_HOSTS", text)
    for entry in entries:
        with contextlib.suppress(ValueError):
            network = ipaddress.ip_network(entry)
            if network.is_loopback or network.is_link_local or network.is_multicast or network.is_unspecified:
                raise ConfigurationError(
                    f"IMPORT_ALLOWED_HOSTS: {entry} is never fetched from: it is this machine, "
                    "what only its own network reaches, or many hosts at once. Leave it out."
                )
    return entries


def import_ports(text: str) -> list[int]:
    """Return the ports of IMPORT_PORTS, which `text` separates by commas. Raises ConfigurationError."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not all(
        word.isascii() and word.isdigit() and len(word) < 6 and 0 < int(word) < 65536 for word in words
    ):
        raise ConfigurationError(
            f"IMPORT_PORTS={text} cannot be used: write numbers from 1 to 65535 separated by commas, as in 8080,8443."
        )
    return [int(word) for word in words]


def import_proxy(url: str) -> str:
    """Return the address of the proxy that imports go through, or "" if `url` is empty. Raises ConfigurationError."""
    url = url.strip()
    try:
        parts = urlsplit(url)
        is_usable = (
            parts.scheme in ("http", "https") and parts.hostname and parts.port and not parts.path.strip("/")
        )
        is_usable = is_usable and not parts.query and not parts.fragment
    except ValueError:
        is_usable = False
    if url and not is_usable:
        # It may hold a password.
        raise ConfigurationError(
            "IMPORT_PROXY is malformed: write http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, with special "
            "characters in the password percent-encoded."
        )
    return url


def database_settings(url: str) -> dict[str, Any]:
    """Return Django's settings of the database at `url` (a libpq URI, RFC 3986).

    A socket's folder may be given as libpq has it, `postgresql://user@/name?host=/folder`.
    Raises ConfigurationError when it is not the address of a PostgreSQL database.
    """
    refusal = ConfigurationError(
        "DATABASE_URL is malformed: write postgresql://USER:PASSWORD@HOST:PORT/NAME, "
        "with special characters in the password percent-encoded."
    )
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise refusal from None
    if parts.scheme not in ("postgres", "postgresql") or not parts.path.strip("/"):
        raise refusal
    settings = environ.Env.db_url_config(url)
    options = settings.setdefault("OPTIONS", {})
    settings["HOST"] = settings["HOST"] or options.pop("host", "")
    settings["PORT"] = settings["PORT"] or options.pop("port", "")
    return settings


def positive_number(name: str, text: str) -> float:
    """Return the number above 0 that `text`, the value of the variable `name`, is. Raises ConfigurationError."""
    with contextlib.suppress(ValueError):
        if 0 < (number := float(text)) < 1_000_000:
            return number
    raise ConfigurationError(f"{name}={text} is no number above 0: write one such as 5.")


def whole_number(name: str, text: str) -> int:
    """As `positive_number`, for what is counted."""
    if text.isascii() and text.isdigit() and 0 < int(text) < 1_000_000:
        return int(text)
    raise ConfigurationError(f"{name}={text} is no whole number above 0: write one such as 8.")


def database_limits(seconds: float, *, lock: float, idle: float, given: str = "") -> str:
    """Return the startup options (libpq's `options`) by which PostgreSQL ends what takes too long.

    `seconds` is for a statement, `lock` for the wait for a lock, and `idle` for a transaction in which nothing
    happens. What is `given` already, by DATABASE_URL, has the last word.
    """
    limits = {
        "statement_timeout": seconds,
        "lock_timeout": lock,
        "idle_in_transaction_session_timeout": idle,
    }
    ours = " ".join(f"-c {name}={round(value * 1000)}" for name, value in limits.items())
    return f"{ours} {given}".rstrip()


def database_address(settings: dict[str, Any]) -> str:
    """Return where a database is, for people: without user and password."""
    return f"{settings['NAME']} on {settings['HOST'] or 'localhost'}:{settings['PORT'] or 5432}"


def mail_settings(url: str) -> dict[str, Any]:
    """Return Django's settings for mail sent by way of `url`.

    It is `smtp://USER:PASSWORD@HOST:PORT`, `smtp+tls://…` (STARTTLS), `smtps://…` (TLS from the start),
    `consolemail://` (printed) or `dummymail://` (dropped). Raises ConfigurationError when it is none of them.
    """
    # Not yet Django's MAILERS: the way Wagtail 8.0 asks for a connection would drop their user and password.
    backend = "django.core.mail.backends"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme == "consolemail":
        return {"EMAIL_BACKEND": "earthcode.mail.ConsoleBackend"}
    if parts.scheme == "dummymail":
        return {"EMAIL_BACKEND": f"{backend}.dummy.EmailBackend"}
    if parts.scheme not in ("smtp", "smtp+tls", "smtps") or not parts.hostname:
        raise ConfigurationError(
            "EMAIL_URL is malformed: "
            "write smtp+tls://USER:PASSWORD@HOST:587, smtps://…, smtp://… or consolemail://."
        )
    return {
        "EMAIL_BACKEND": f"{backend}.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or {"smtp": 25, "smtp+tls": 587, "smtps": 465}[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 10,
    }


def is_loopback(host: str | None) -> bool:
    """Say whether `host`, a name or an address, is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def security_settings(base_url: str, *, behind_proxy: bool) -> dict[str, Any]:
    """Return the settings that follow from the portal's public address.

    `https://` turns on everything that protects it; `http://` is for this machine alone.
    `behind_proxy` says that a proxy we trust sets X-Forwarded-Proto (and drops what a visitor sent in it).
    Raises ConfigurationError for any other address.
    """
    try:
        parts = urlsplit(base_url)
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    plain = parts.scheme == "http" and is_loopback(parts.hostname)
    if not parts.hostname or parts.path.strip("/") or not (parts.scheme == "https" or plain):
        raise ConfigurationError(
            f"BASE_URL={base_url} cannot be used: "
            "write https://HOST with no path (http:// only for this machine)."
        )
    secure = parts.scheme == "https"
    origin = f"{parts.scheme}://{parts.netloc}"
    return {
        "BASE_URL": origin,
        "WAGTAILADMIN_BASE_URL": origin,
        "CSRF_TRUSTED_ORIGINS": [origin],
        "SESSION_COOKIE_SECURE": secure,
        "CSRF_COOKIE_SECURE": secure,
        "SECURE_SSL_REDIRECT": secure,
        # Probes reach the process itself, not the public address.
        "SECURE_REDIRECT_EXEMPT": [r"^healthz$", r"^readyz$"],
        "SECURE_HSTS_SECONDS": 31_536_000 if secure else 0,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": secure,
        "SECURE_HSTS_PRELOAD": secure,
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if behind_proxy else None,
    }


def port_number(text: str) -> int:
    """Return the TCP port that `text` names. Raises ConfigurationError."""
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise ConfigurationError(
            f"PORT={text} is no port: give a number from 1 to 65535, as in `make run PORT=8001`."
        )
    return int(text)


def generated_secret(path: Path) -> str:
    """Return the secret kept in `path`, made at the first call and readable by its owner only.

    Raises ConfigurationError.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            # Complete or not there at all: two processes may come here at once, or one be killed.
            draft = path.with_name(f"{path.name}.{os.getpid()}")
            with open(draft, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
                file.write(secrets.token_urlsafe(50))
            try:
                os.link(draft, path)
            finally:
                draft.unlink()
        return path.read_text()
    except OSError as error:
        raise ConfigurationError(
            f"{path.parent} is not writable ({error.strerror}): "
            "run as the owner of the checkout, or correct its permissions."
        ) from None

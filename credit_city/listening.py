"""Where the web server listens, and what demo mode forbids. Needs the standard library alone."""

import errno
import ipaddress
import os
import socket
from dataclasses import dataclass

from credit_city.errors import ConfigurationError


@dataclass(frozen=True)
class Address:
    """The address the web server listens on."""

    host: str
    port: int

    @classmethod
    def from_environment(cls) -> "Address":
        """``HOST`` (default 127.0.0.1) and ``PORT`` (default 8000); ConfigurationError when they make no sense."""
        host = os.environ.get("HOST") or "127.0.0.1"
        text = os.environ.get("PORT") or "8000"
        if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
            raise ConfigurationError(f"PORT is {text!r}: use a number from 1 to 65535.")
        return cls(host.removeprefix("[").removesuffix("]"), int(text))

    @property
    def bind(self) -> str:
        """As gunicorn and a URL write it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def is_loopback(self) -> bool:
        """Whether only this machine can reach the address."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def trouble(self) -> str:
        """Why nothing can listen here, as one line; empty when it can."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except PermissionError:
                return f"Port {self.port} is reserved for root: choose one above 1023, e.g. `make run PORT=8000`."
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    return f"Port {self.port} is in use by another program: choose one, e.g. `make run PORT=8001`."
                return f"Cannot listen on {self.bind}: {error.strerror or error}. Check HOST."
        return ""


def demo_mode() -> bool:
    """Whether demo accounts exist (``DEMO``)."""
    return (os.environ.get("DEMO") or "").lower() in ("1", "true", "yes", "on")


def refusal(address: Address, *, demo: bool) -> str:
    """Why this address is refused in this mode, as one line; empty when it is not."""
    if demo and not address.is_loopback():
        return (
            f"Demo mode has accounts whose password everybody knows; it listens on loopback only, "
            f"not on {address.host}: unset HOST, or set DEMO=0 and read docs/operations.md."
        )
    return ""

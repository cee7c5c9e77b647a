"""Addresses of web pages: what may be opened, who hears of it, what is too near to be opened unasked."""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urljoin, urlsplit, urlunsplit

from slmdesk.base.errors import BadInput, PrivateAddress
from slmdesk.base.words import say

_Ip: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_PORTS = {"http": 80, "https": 443}
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_MAX_ADDRESS_CHARS = 4000
_NEAR_NAMES = (".local", ".localhost", ".lan", ".internal", ".home", ".intranet", ".corp")


@dataclass(frozen=True, slots=True)
class WebAddress:
    """`text` is the whole address; host and port are where it leads."""

    text: str
    scheme: str
    host: str
    port: int

    @property
    def words(self) -> str:
        """What opening it means, to be said before it is opened."""
        return say(
            "Opening this address leaves this machine: {host} learns your network address and "
            "which page you read. The text of the page then goes to the model you chose.",
            host=self.host,
        )

    def joined(self, location: str) -> "WebAddress":
        """Where a redirect leads; raises BadInput."""
        return web_address(urljoin(self.text, location))


def web_address(text: str) -> WebAddress:
    """An address as people paste it, https where they left it out; raises BadInput."""
    written = text.strip()
    if "://" not in written:
        written = f"https://{written}"
    try:
        parts = urlsplit(written)
        host, port = (parts.hostname or "").rstrip("."), parts.port
        host = host.encode("idna").decode() if not host.isascii() else host
    except (ValueError, UnicodeError) as error:
        raise _no_address(text) from error
    if parts.scheme not in _PORTS:
        raise BadInput(
            say("“{text}” is not an address of the web.", text=_short(text)),
            next_step=say("It begins with http:// or https://. To read a file, attach it."),
        )
    if (
        not host
        or any(char.isspace() or ord(char) < 32 for char in written)
        or len(written) > _MAX_ADDRESS_CHARS
    ):
        raise _no_address(text)
    if parts.username is not None or parts.password is not None:
        raise BadInput(
            say("This address holds a name or a password."),
            next_step=say("Leave out what stands before the “@”: it would be kept in the chat."),
        )
    shown = f"[{host}]" if ":" in host else host
    place = shown if port in (None, _PORTS[parts.scheme]) else f"{shown}:{port}"
    whole = urlunsplit((parts.scheme, place, parts.path or "/", parts.query, ""))
    return WebAddress(whole, parts.scheme, host, port or _PORTS[parts.scheme])


async def public_ip(address: WebAddress, *, is_private_allowed: bool) -> str:
    """The IP to connect to; raises BadInput if the name is unknown, PrivateAddress if it leads nearby.

    The caller must connect to this very IP: a name may lead elsewhere when it is asked again.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM
        )
    except (OSError, UnicodeError) as error:
        raise BadInput(
            say("There is no host “{host}”, or this machine is offline.", host=address.host),
            next_step=say("Check the address and the network."),
        ) from error
    ips = [str(sockaddr[0]).partition("%")[0] for *_, sockaddr in found]
    if not is_private_allowed and any(map(is_near, ips)):
        raise near_error(address)
    return min(ips, key=lambda ip: ":" in ip)  # many networks give IPv6 addresses that lead nowhere


def is_near(ip: str) -> bool:
    """An IP of this machine, of its network, or of no place on the web."""
    address = _inner(ipaddress.ip_address(ip))
    return not address.is_global or address.is_multicast


def _inner(address: _Ip) -> _Ip:
    """The IPv4 address that an IPv6 address may stand for."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def is_near_name(host: str) -> bool:
    """By the name alone, where it cannot be resolved here."""
    try:
        return is_near(host)
    except ValueError:
        return "." not in host or host.endswith(_NEAR_NAMES)


def near_error(address: WebAddress) -> PrivateAddress:
    """For an address of this machine or of the private network, which a page or a model may have named."""
    return PrivateAddress(say("{host} is on this machine or in your private network.", host=address.host))


def _no_address(text: str) -> BadInput:
    return BadInput(
        say("“{text}” is not an address.", text=_short(text)),
        next_step=say("Copy it from the browser once more."),
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:80]}…"

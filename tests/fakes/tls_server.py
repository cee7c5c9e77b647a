"""An HTTP server on loopback behind real TLS, with a certificate of its own that a test can trust."""

import asyncio
import datetime
import ipaddress
import ssl
from pathlib import Path
from typing import Self

import pytest

from tests.fakes.http_server import Handler, HttpServer

LOOPBACK = "127.0.0.1"


class TlsServer(HttpServer):
    """`certificate` is the file that has to be trusted to read what it says."""

    def __init__(self, handler: Handler, folder: Path) -> None:
        super().__init__(handler, LOOPBACK)
        self.certificate = _make_certificate(folder)

    async def __aenter__(self) -> Self:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        self._server = await asyncio.start_server(self._accept, LOOPBACK, 0, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    @property
    def address(self) -> str:
        return f"https://{LOOPBACK}:{self.port}"


def _make_certificate(folder: Path) -> Path:
    """Key and certificate for this machine, good for an hour."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, LOOPBACK)])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(LOOPBACK))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    plain = serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(serialization.Encoding.PEM, plain, serialization.NoEncryption())
    path.write_bytes(pem + signed.public_bytes(serialization.Encoding.PEM))
    return path

"""The web server of the live view: who may look, how many, and for how long.

Everyone is served by a thread of its own, and there are few of them; every write has a time limit.
A browser that never reads holds one of these threads for that long and nothing else.
"""

import hmac
import ipaddress
import os
import secrets
import socket
import threading
from http.server import ThreadingHTTPServer
from typing import Any, Final

from edge_runtime.errors import CameraError, DataError
from edge_runtime.preview import LiveView

TOKEN_VARIABLE: Final = "EDGE_HTR_TOKEN"
"""Token of the live view; without it a new one is made for each run."""
DEFAULT_PORT: Final = 8080
MOST_CLIENTS: Final = 16
"""Connections at a time: a browser holds two that stay open, and some for a moment."""
TIMEOUT: Final = 10.0
"""Seconds that a browser may take to send a request or to take in a piece of an answer."""
_BUFFER: Final = 256 * 1024
"""Bytes that the system keeps for a browser: no more than a few old pictures wait there."""


def parse_bind(where: str) -> tuple[str, int]:
    """Host and port of ``[HOST:]PORT``.

    Raises:
        DataError: it is not that.
    """
    host, _, port = where.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise DataError(f"--serve needs [HOST:]PORT, such as {DEFAULT_PORT}, not '{where}'")
    return host.strip("[]") or "127.0.0.1", int(port)


class PreviewServer(ThreadingHTTPServer):
    """Serves one live view."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 16

    def __init__(
        self,
        view: LiveView,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        token: str | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        """Listen, and answer in threads of its own.

        Args:
            view: what is shown.
            host: address or name of this computer to listen at.
            port: 0 takes a free one.
            token: who has it may look from elsewhere; by default what ``EDGE_HTR_TOKEN`` says or a
                new one. On loopback none is needed, unless it is given here or in the environment.
            timeout: seconds for a piece of an answer.

        Raises:
            CameraError: the port is taken, or this computer has no such address.
        """
        from edge_runtime.preview_pages import Handler

        self.view = view
        self.client_seconds = timeout
        self.ending = threading.Event()
        self._clients = threading.BoundedSemaphore(MOST_CLIENTS)
        if ":" in host:
            self.address_family = socket.AF_INET6
        try:
            super().__init__((host, port), Handler)
        except OSError as error:
            reason = error.strerror or error
            raise CameraError(f"--serve {host}:{port}: cannot listen there ({reason})") from None
        self.local = is_loopback(str(self.server_address[0]))
        given = token or os.environ.get(TOKEN_VARIABLE)
        self.token = given or (None if self.local else secrets.token_urlsafe(18))
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.2}, name="live view", daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """Where to look, with the token if there is one."""
        host, port = str(self.server_address[0]), self.server_address[1]
        if host in ("0.0.0.0", "::"):
            host = socket.gethostname()
        host = f"[{host}]" if ":" in host else host
        return f"http://{host}:{port}/" + (f"?token={self.token}" if self.token else "")

    def allows(self, token: str) -> bool:
        """Whether a token is the right one; takes as long for a wrong one."""
        wanted = self.token or ""
        return not wanted or hmac.compare_digest(token.encode(), wanted.encode())

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve in a thread of its own, or hang up where there are too many."""
        if not self._clients.acquire(blocking=False):
            self.shutdown_request(request)
            return
        request.settimeout(self.client_seconds)
        request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._clients.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """As the class above does, and make room for the next."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._clients.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Browsers hang up all the time; that is no news."""

    def close(self) -> None:
        """Stop listening and end what is being sent."""
        self.ending.set()
        self.view.close()
        self.shutdown()
        self.server_close()


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this computer only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

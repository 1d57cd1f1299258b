"""Sends readings to a web server: one POST with a JSON object for each."""

import base64
import os
import urllib.error
import urllib.request
from typing import Any, Final
from urllib.parse import unquote, urlsplit, urlunsplit

from edge_runtime.errors import DataError
from edge_runtime.outbox import DeliveryError

TOKEN_VARIABLE: Final = "EDGE_HTR_WEBHOOK_TOKEN"
"""Sent as a bearer token, if it is set."""
_SECONDS: Final = 10.0
_LATER: Final = frozenset({408, 425, 429})
"""Refusals that mean: not now."""


class Webhook:
    """A server that takes readings at one address."""

    def __init__(self, url: str) -> None:
        """Check an address.

        Args:
            url: http or https; a user and password in it become an Authorization header.

        Raises:
            DataError: it is no such address.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise DataError(f"--webhook needs an http:// or https:// address, not '{url}'")
        host = parts.netloc.rpartition("@")[2]
        self.name = urlunsplit((parts.scheme, host, parts.path, parts.query, ""))
        self._headers = {"Content-Type": "application/json; charset=utf-8"}
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self._headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        elif token := os.environ.get(TOKEN_VARIABLE):
            self._headers["Authorization"] = f"Bearer {token}"
        self._opener = urllib.request.build_opener(_NoRedirect())

    def send(self, body: bytes, key: str) -> None:
        """Post one reading; any answer of 200 to 299 takes it.

        Raises:
            DeliveryError: no answer, or another one.
        """
        headers = {**self._headers, "Idempotency-Key": key}
        request = urllib.request.Request(self.name, body, headers, method="POST")
        try:
            with self._opener.open(request, timeout=_SECONDS) as answer:
                answer.read(1)
        except urllib.error.HTTPError as error:
            error.close()
            for_good = error.code < 500 and error.code not in _LATER
            raise DeliveryError(f"answers {error.code} {error.reason}", for_good=for_good) from None
        except (OSError, ValueError) as error:
            raise DeliveryError(f"cannot be reached ({error})") from None

    def close(self) -> None:
        """Nothing is open between two readings."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirected POST would become a GET without the reading."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None

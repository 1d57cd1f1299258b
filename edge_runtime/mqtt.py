"""Sends readings to an MQTT broker, through paho-mqtt (the `mqtt` extra)."""

from typing import Any, Final
from urllib.parse import unquote, urlsplit

from edge_runtime.errors import DataError, RuntimeMissingError
from edge_runtime.outbox import DeliveryError

_SECONDS: Final = 10.0


class MqttTopic:
    """A topic of a broker. Readings are published with quality of service 1: at least once."""

    def __init__(self, url: str) -> None:
        """Check an address; the connection is made when something is sent.

        Args:
            url: ``mqtt://[user:password@]host[:port]/topic``, or ``mqtts`` with TLS.

        Raises:
            DataError: it is no such address.
            RuntimeMissingError: paho-mqtt is not installed.
        """
        parts = urlsplit(url)
        self._topic = unquote(parts.path.lstrip("/"))
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname or not self._topic:
            raise DataError(f"--mqtt needs mqtt://host/topic or mqtts://host/topic, not '{url}'")
        try:
            from paho.mqtt import client
        except ModuleNotFoundError:
            raise RuntimeMissingError(
                "--mqtt needs paho-mqtt: pip install 'edge-htr[mqtt]'"
            ) from None
        secure = parts.scheme == "mqtts"
        self._host = parts.hostname
        self._port = parts.port or (8883 if secure else 1883)
        self.name = f"{parts.scheme}://{self._host}:{self._port}/{self._topic}"
        self._client: Any = client.Client(client.CallbackAPIVersion.VERSION2)
        if parts.username is not None:
            self._client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
        if secure:
            self._client.tls_set()
        self._started = False

    def send(self, body: bytes, key: str) -> None:
        """Publish one reading and wait until the broker has it.

        Raises:
            DeliveryError: the broker cannot be reached or does not confirm.
        """
        try:
            if not self._started:
                self._client.connect(self._host, self._port, keepalive=60)
                self._client.loop_start()  # also connects again when the connection breaks
                self._started = True
            message = self._client.publish(self._topic, body, qos=1)
            message.wait_for_publish(_SECONDS)
            if not message.is_published():
                raise DeliveryError("does not confirm")
        except (OSError, RuntimeError, ValueError) as error:
            raise DeliveryError(f"cannot be reached ({error})") from None

    def close(self) -> None:
        """End the connection."""
        if self._started:
            self._client.disconnect()
            self._client.loop_stop()

"""The faults that are not about one import: crash, leak, lie, calls of v1."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from typing import Final

from cutline.routing import Router, Switch
from importer.documents import path_of
from importer.faults import Faults, FaultSet

_log = logging.getLogger("importer")
_TICK_S: Final = 0.05


class Misbehaviour:
    """A thread that does what the faults say to this process, until it is stopped."""

    def __init__(self, faults: Faults, router: Router, port: int) -> None:
        self._faults = faults
        self._router = router
        self._true_switch = router.switch
        self._port = port
        self._stopping = threading.Event()
        self._leaked: list[bytes] = []
        self._owed_calls = 0.0
        self._thread = threading.Thread(target=self._loop, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; what has leaked stays leaked."""
        self._stopping.set()
        self._thread.join(5)

    def obey(self) -> None:
        """Begin or end a lie at once: whoever asked for it must not see the truth first."""
        self._lie(self._faults.now())

    def _loop(self) -> None:
        while not self._stopping.wait(_TICK_S):
            faults = self._faults.now()
            self._lie(faults)
            self._leak(faults)
            self._call_v1(faults)
            if faults.get("crash") and self._faults.take("crash"):
                _log.error("fault: this process dies")
                os.kill(os.getpid(), signal.SIGKILL)

    def _lie(self, faults: FaultSet) -> None:
        """Let the routing stand at another percentage than the switch, or go back to it."""
        lie, is_lying = faults.get("lie"), self._router.switch is not self._true_switch
        if lie is None:
            self._router.switch = self._true_switch
        elif not is_lying or lie.number("percent") >= 0:
            percent = lie.number("percent")
            stands = percent if percent >= 0 else self._true_switch.percent
            if self._router.switch.percent != stands or not is_lying:
                self._router.switch = Switch.fixed(stands)

    def _leak(self, faults: FaultSet) -> None:
        if leak := faults.get("leak"):
            self._leaked.append(b"x" * int(leak.number("mb_per_s") * _TICK_S * 1e6))

    def _call_v1(self, faults: FaultSet) -> None:
        """Call the deprecated endpoint over the network, as a client that nobody knew of."""
        if (caller := faults.get("v1_caller")) is None:
            self._owed_calls = 0.0
            return
        self._owed_calls += caller.number("per_s") * _TICK_S
        while self._owed_calls >= 1:
            self._owed_calls -= 1
            try:
                self._post(caller.text("name"))
            except (OSError, HTTPException) as error:
                _log.warning("the caller of v1 got no answer: %s", type(error).__name__)

    def _post(self, name: str) -> None:
        body = json.dumps({"user_id": name, "storage_path": path_of(1, 4)})
        headers = {"content-type": "application/json", "user-agent": f"{name}/0.9"}
        with closing(HTTPConnection("127.0.0.1", self._port, timeout=2.0)) as connection:
            connection.request("POST", "/process-full", body, headers)
            connection.getresponse().read()

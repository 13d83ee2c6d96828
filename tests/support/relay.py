"""A way between two parties that can be cut and mended: for a node that its server is to lose."""

import contextlib
import socket
import threading


class Relay:
    """Listens on a port of its own on `address`, and passes on to `target` (host, port)."""

    def __init__(self, address, target):
        self._target = target
        self._lock = threading.Lock()
        self._open = True
        self._sockets = set()
        self._listener = socket.create_server((address, 0))
        self.address = '%s:%d' % self._listener.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        """Ends what goes through, and what comes until it is mended."""
        with self._lock:
            self._open = False
            sockets, self._sockets = self._sockets, set()
        for one in sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def mend(self):
        with self._lock:
            self._open = True

    def close(self):
        self.cut()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(self._target, timeout=10)
                far.settimeout(None)
            except OSError:
                near.close()
                continue
            with self._lock:
                if self._open:
                    self._sockets |= {near, far}
                else:
                    near.close()
                    far.close()
                    continue
            threading.Thread(target=self._join, args=(near, far), daemon=True).start()

    def _join(self, near, far):
        back = threading.Thread(target=self._pass_on, args=(far, near), daemon=True)
        back.start()
        self._pass_on(near, far)
        back.join()
        with self._lock:
            self._sockets -= {near, far}
        near.close()
        far.close()

    @staticmethod
    def _pass_on(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

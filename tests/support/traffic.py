"""Clients that keep requesting over kept-alive connections, while something else happens."""

import contextlib
import threading

from tests.support.processes import wait_until


class Traffic:
    """Counts requests; keeps what went wrong. Anything but an endpoint's answer on a connection
    that stays is wrong."""

    def __init__(self, cluster, nodes, cookie=None):
        self.failures = []
        self.reached = set()
        self._counts = [0] * len(nodes)
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._client, args=(cluster, index, node, cookie), daemon=True)
            for index, node in enumerate(nodes)]

    @property
    def count(self):
        return sum(self._counts)

    def _client(self, cluster, index, node, cookie):
        headers = [('Cookie', cookie)] if cookie else []
        try:
            with cluster.connect(node) as connection:
                while not self._stopping.is_set():
                    response = connection.request(headers=headers)
                    endpoint = response.header('x-endpoint')
                    if endpoint is None or response.header('connection') == 'close':
                        raise AssertionError(f'{response.status} {response.headers}')
                    self.reached.add(endpoint)
                    self._counts[index] += 1
        except Exception as error:  # pylint: disable=broad-except
            self.failures.append(f'node {node}, after {self._counts[index]} requests: {error!r}')

    def advance(self, requests=20):
        """Waits until each client has made so many requests more, or has failed."""
        goals = [count + requests for count in self._counts]
        wait_until(lambda: self.failures or all(c >= g for c, g in zip(self._counts, goals)),
                   'progress of the traffic')

    @contextlib.contextmanager
    def running(self):
        for thread in self._threads:
            thread.start()
        try:
            self.advance()
            yield self
            self.advance()
        finally:
            self._stopping.set()
            for thread in self._threads:
                thread.join(60)

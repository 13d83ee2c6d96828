"""Clients with a cookie jar each, whose requests go round over the nodes, and what became of
their sessions."""

import threading
import time

from tests.support import raw_http
from tests.support.cluster import GATEWAY_PORT
from tests.support.processes import DEADLINE_S

CLIENTS = 6  # threads
REQUESTS_PER_S = 1000  # of all together; an outage costs the more the longer it is
APPLICATION_COOKIE = 'app'

_held = threading.local()


def request(address, headers):
    """On the connection that this thread has kept, as browsers do: one that has been closed
    meanwhile is replaced."""
    held = _held.__dict__
    connection = held.pop(address, None)
    if connection is not None:
        try:
            return keep(held, address, connection, headers)
        except TimeoutError:
            raise
        except (OSError, ValueError):
            pass
    return keep(held, address, raw_http.Connection(address, GATEWAY_PORT), headers)


def keep(held, address, connection, headers):
    try:
        answer = connection.request(headers=headers)
    except BaseException:
        connection.close()
        raise
    if (answer.header('connection') or '').lower() == 'close':
        connection.close()
    else:
        held[address] = connection
    return answer


class Session:
    """origin: the endpoint that it belongs to when the scenario begins. A move is an answer of
    another endpoint than the one before; needed when that one could not be had at the time. To
    come back to the origin from where it was by need is neither."""

    def __init__(self, world, number):
        self.world = world
        self.turn = number
        self.cookies = {}
        self.last = None
        self.begin()

    def begin(self):
        self.origin = self.last
        self.away_by_need = self.moved_needed = self.moved_needless = False
        self.requests = self.failed = self.rewritten = 0

    def ask(self):
        node = self.world.nodes[self.turn % len(self.world.nodes)]
        self.turn += 1
        missing = self.world.missing(node)
        self.take(node, missing, self.send(node, self.cookie_header()))

    def ask_all_at_once(self, pool):
        """One request through each node, with the same cookies."""
        missing = {node: self.world.missing(node) for node in self.world.nodes}
        cookies = self.cookie_header()
        for node, answer in zip(self.world.nodes,
                                pool.map(lambda node: self.send(node, cookies), self.world.nodes)):
            self.take(node, missing[node], answer)

    def send(self, node, cookies):
        """The answer; None when the request failed."""
        headers = [('Cookie', cookies)] if cookies else []
        try:
            answer = request(self.world.cluster.node_address(node), headers)
        except (OSError, ValueError):
            return None
        return answer if answer.status == 200 else None

    def cookie_header(self):
        return '; '.join(f'{name}={value}' for name, value in self.cookies.items())

    def take(self, node, missing, answer):
        """`missing`: the endpoints that the node could not have when the request was sent."""
        self.requests += 1
        if answer is None:
            self.failed += 1
            return
        for line in answer.all('set-cookie'):
            name, _, value = line.split(';')[0].partition('=')
            self.rewritten += name in self.cookies and name != APPLICATION_COOKIE
            self.cookies[name] = value
        endpoint = answer.header('x-endpoint')
        if self.last not in (None, endpoint):
            self.note_move(endpoint, missing | self.world.missing(node))
        self.last = endpoint

    def note_move(self, endpoint, missing):
        if self.last in missing:
            self.moved_needed = self.away_by_need = True
        elif endpoint == self.origin and self.away_by_need:
            self.away_by_need = False
        else:
            self.moved_needless = True

    @property
    def astray(self):
        """At the end: elsewhere, although the endpoint that it belonged to is there."""
        return self.origin in self.world.there and self.last != self.origin


class Traffic:
    """All sessions ask, one after the other, in a few threads, as long as this is open."""

    def __init__(self, sessions):
        self.changed = threading.Condition()
        self.done = threading.Event()
        self.errors = []
        shares = [share for share in (sessions[i::CLIENTS] for i in range(CLIENTS)) if share]
        self.rounds = [0] * len(shares)
        self.threads = [threading.Thread(target=self.run, args=(i, share))
                        for i, share in enumerate(shares)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        for thread in self.threads:
            thread.join()
        if self.errors:
            raise self.errors[0]

    def run(self, number, share):
        try:
            while not self.done.is_set():
                for session in share:
                    due = time.monotonic() + len(self.threads) / REQUESTS_PER_S
                    session.ask()
                    self.done.wait(max(0, due - time.monotonic()))
                with self.changed:
                    self.rounds[number] += 1
                    self.changed.notify_all()
        except BaseException as error:  # is told by the main thread
            with self.changed:
                self.errors.append(error)
                self.changed.notify_all()

    def wait_rounds(self, count):
        """Until each session has asked that often since this call. In a row over three nodes:
        three times are once through each."""
        with self.changed:
            aims = [done + 1 + count for done in self.rounds]
            if not self.changed.wait_for(
                    lambda: self.errors or all(map(int.__ge__, self.rounds, aims)),
                    DEADLINE_S):
                raise AssertionError('the clients have stopped')

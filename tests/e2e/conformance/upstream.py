"""The endpoints behind the gateway: bare sockets that answer as a case says, and keep what they got
byte for byte."""

import contextlib
import select
import selectors
import socket
import threading

from tests.e2e.conformance import model
from tests.e2e.conformance.wire import (PATIENCE_S, Ended, Malformed, Wire, break_off)

# Targets below are the suite's own questions, which are no part of a case.
OWN = b'/conformance-'


class Recording:
    """What the endpoints of one backend have seen during one case."""

    def __init__(self, answers=()):
        self.answers = answers
        self.requests = []
        self.raw = b''
        self.gate = threading.Event()
        self._changed = threading.Condition()

    def note(self, data):
        with self._changed:
            self.raw += data
            self._changed.notify_all()

    def take_back(self, data):
        """The suite's own question was no part of it."""
        with self._changed:
            self.raw = self.raw.replace(data, b'', 1)

    def add(self, request):
        """The request's answer."""
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
            return self.answers[min(len(self.requests), len(self.answers)) - 1]

    def wait_for(self, data):
        with self._changed:
            return self._changed.wait_for(lambda: data in self.raw, PATIENCE_S)

    def wait_ends(self):
        """Until what has begun to come has come or broken off."""
        for request in self.requests:
            request.ended.wait(PATIENCE_S)


class _Side(Wire):
    """A connection from the gateway."""

    def __init__(self, connection, place):
        super().__init__(connection)
        self.place = place

    def more(self):
        before = len(self.received)
        there = super().more()
        if there:
            self.place.recording.note(self.received[before:])
        return there


class Place:
    """A listening address, or several, whose connections are recorded together."""

    def __init__(self):
        self.recording = Recording()


def steps_of(answer):
    return [answer] if isinstance(answer, bytes) else list(answer)


def answers_of(answer):
    """`answer`: bytes, a list of steps, or a tuple of these for one request after the other."""
    if answer is None:
        return ([model.OK],)
    return tuple(map(steps_of, answer)) if isinstance(answer, tuple) else (steps_of(answer),)


class Upstream:
    def __init__(self):
        self._selector = selectors.DefaultSelector()
        self._sockets = []
        self._deaf = set()   # sockets of holes
        self._sides = set()  # connections that are served
        self._lock = threading.Lock()  # of _sides, and held while there is one that is not in it
        threading.Thread(target=self._accept, daemon=True).start()

    def listen(self, address, place, answers=None):
        """`answers`: of this address alone, in place of the recording's."""
        listener = socket.create_server(address, backlog=128)
        self._sockets.append(listener)
        self._selector.register(listener, selectors.EVENT_READ, (place, answers))

    def hole(self, address):
        """Fills the queue of an address that never accepts: further ones hear nothing."""
        listener = socket.create_server(address, backlog=0)
        self._sockets.append(listener)
        self._deaf.add(listener)
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect(address)
            self._sockets.append(filler)
            self._deaf.add(filler)

    def close(self):
        for each in self._sockets:
            each.close()

    def _accept(self):
        while True:
            for key, _ in self._selector.select(1):
                place, answers = key.data
                with self._lock:
                    try:
                        connection, _ = key.fileobj.accept()
                    except OSError:
                        continue
                    side = _Side(connection, place)
                    self._sides.add(side)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._serve, args=(side, place, answers),
                                 daemon=True).start()

    def _serve(self, side, place, answers):
        with contextlib.suppress(Ended, Malformed, OSError, ValueError):
            while serve_one(side, place, answers):
                pass
        with self._lock:
            self._sides.discard(side)
            side.socket.close()

    def is_quiet(self):
        """Whether all that has arrived has been looked at."""
        with self._lock:
            if not all(side.waiting for side in self._sides):
                return False
            sockets = [each for each in self._sockets if each.fileno() >= 0]
            sockets += [side.socket for side in self._sides if side.socket.fileno() >= 0]
            poll = select.poll()
            for each in sockets:
                if each not in self._deaf:
                    poll.register(each, select.POLLIN)
            return not poll.poll(0)


def serve_one(wire, place, answers):
    """One request. Whether the connection goes on."""
    start = wire.at
    request = wire.head()
    recording = place.recording
    target = request.line.split(b' ')[1]
    if target.startswith(OWN):
        recording.take_back(wire.received[start:wire.at])
        wire.socket.sendall(model.response(body=target))
        return True
    request.wire = wire
    of_case = recording.add(request)
    if answers is not None:
        index = sum(1 for each in recording.requests if each.answers is answers)
        of_case = answers[min(index + 1, len(answers)) - 1]
        request.answers = answers
    steps = list(of_case)
    try:
        if steps and steps[0] == model.EARLY:
            del steps[0]
        else:
            wire.body(request, to_close=False)
            request.whole = True
            request.ended.set()
        return play(steps, wire, request, recording)
    finally:
        request.ended.set()


def play(steps, wire, request, recording):
    for step in steps:
        if isinstance(step, bytes):
            wire.socket.sendall(step)
        elif isinstance(step, model.Got):
            wire.wait_for(step.bytes)
        elif step == model.BODY:
            wire.body(request, to_close=False)
            request.whole = True
        elif step == model.GATE:
            wire.waiting = True
            recording.gate.wait(PATIENCE_S)
            wire.waiting = False
        elif step == model.FIN:
            wire.socket.shutdown(socket.SHUT_WR)
        elif step == model.CLOSE:
            return False
        elif step == model.RESET:
            break_off(wire.socket)
            return False
        elif step == model.ECHO:
            echo(wire)
            return False
        elif step == model.HOLD:
            while wire.more():
                pass
            return False
    return True


def echo(wire):
    while True:
        fresh = wire.take(len(wire.received) - wire.at)
        if fresh:
            wire.socket.sendall(fresh)
        if not wire.more():
            return

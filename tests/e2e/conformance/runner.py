"""Plays cases against a gateway, and says what did not come out as expected."""

import contextlib
import random
import socket
import threading

from tests.e2e.conformance import model
from tests.e2e.conformance.check import problems
from tests.e2e.conformance.upstream import OWN, Place, Recording, Upstream, answers_of
from tests.e2e.conformance.wire import PATIENCE_S, Ended, Malformed, Wire, break_off, connect
from tests.support.processes import wait_until

PORT = 8080


class Observed:
    """What a case looked like from outside."""

    def __init__(self):
        self.responses = []
        self.end = None        # open, close, reset, stuck; or what came instead of an answer
        self.trouble = None    # bytes that are no response
        self.recording = None
        self.client = None     # the address it came from


class Suite:
    """All backends that the cases need, behind one gateway."""

    def __init__(self, gateway, themes):
        self.themes = themes  # {name: list of cases}
        generator = random.SystemRandom()
        self._net = f'127.{generator.randrange(16, 250)}.{generator.randrange(256)}'
        self._last_address = 10
        self._upstream = Upstream()
        self._places = {}
        self._numbers = 0
        self.gateway = gateway
        backends = {None: [self._endpoint(self._place(None), None)]}
        for number, case in enumerate(case for cases in themes.values() for case in cases):
            if case.backend or case.slow:
                host = f'case-{number}.test'
                place = self._place(case.name)
                place.host = host
                backends[host] = [self._endpoint(place, role) for role in case.backend or (None,)]
        try:
            gateway.start(backends)
        except BaseException:
            self._upstream.close()
            raise

    def _place(self, name):
        place = self._places[name] = Place()
        place.host = 'h'
        return place

    def _endpoint(self, place, role):
        self._last_address += 1
        address = (f'{self._net}.{self._last_address}', PORT)
        if role == model.HOLE:
            self._upstream.hole(address)
        elif role != model.REFUSE:
            self._upstream.listen(address, place, None if role is None else answers_of(role))
        return address

    def stop(self):
        bad = self.gateway.stop()
        self._upstream.close()
        return bad

    def run(self, case):
        """Plays the case; what could be seen."""
        place = self._places.get(case.name, self._places[None])
        recording = place.recording = Recording(answers_of(case.answer))
        self._numbers += 1
        observed = Player(self.gateway.address, case, place, self._numbers).play()
        if place is self._places[None]:
            self._settle()
        recording.wait_ends()
        return observed

    def _settle(self):
        """A question on a connection of its own: whatever the case caused has arrived before."""
        with connect(self.gateway.address) as connection:
            connection.sendall(model.request(target=(OWN + b'settled').decode()))
            Wire(connection).response('GET')
        wait_until(self._upstream.is_quiet, 'end of what the case caused')


class Player:
    """The client's part of one case."""

    def __init__(self, address, case, place, number):
        self._case = case
        self._place = place
        self._question = OWN + b'%d' % number
        self._address = address
        self._finished = False

    def play(self):
        observed = Observed()
        observed.recording = self._place.recording
        patience_s = 3 * PATIENCE_S if self._case.slow else PATIENCE_S
        with connect(self._address, patience_s) as connection:
            wire = Wire(connection)
            observed.client = connection.getsockname()[0]
            try:
                for step in self._case.steps:
                    self._step(step, wire, observed)
                if observed.end is None:
                    self._read(wire, observed)
            except Malformed as malformed:
                observed.trouble = str(malformed)
            except TimeoutError:
                observed.end = 'stuck'
        return observed

    def _step(self, step, wire, observed):
        if isinstance(step, bytes):
            try:
                wire.socket.sendall(step.replace(b'%HOST%', self._place.host.encode()))
            except (ConnectionError, BrokenPipeError):
                pass  # refused before all was sent: the answer tells
        elif isinstance(step, model.Got):
            try:
                wire.wait_for(step.bytes)
            except Ended:
                pass  # likewise
        elif isinstance(step, model.Seen):
            self._place.recording.wait_for(step.bytes)
        elif step == model.RELEASE:
            self._place.recording.gate.set()
        elif step == model.FIN:
            self._finished = True
            with contextlib.suppress(OSError):  # ended already
                wire.socket.shutdown(socket.SHUT_WR)
        elif step == model.RESET:
            break_off(wire.socket)
            observed.end = 'reset by the client'

    def _expects(self):
        both = [self._case.expect, self._case.limpet]
        return [each for some in both if some
                for each in (some if isinstance(some, tuple) else (some,))]

    def _read(self, wire, observed):
        expects = self._expects()
        count = max(len(each.status) for each in expects)
        for index in range(count):
            methods = self._case.methods or (self._own_method(),)
            try:
                message = wire.response(methods[min(index, len(methods) - 1)])
            except Ended:
                observed.end = 'close'
                return
            observed.responses.append(message)
            if message.status == 101:
                while wire.more():
                    pass
                message.body = wire.take(len(wire.received) - wire.at)
                observed.end = 'close'
                return
            if not message.whole:
                observed.end = 'close'
                return
        ends = {each.end for each in expects}
        if ends != {None}:
            self._find_end(wire, observed, ends)

    def _own_method(self):
        first = self._case.steps[0]
        return 'HEAD' if isinstance(first, bytes) and first.startswith(b'HEAD ') else 'GET'

    def _find_end(self, wire, observed, ends):
        if ends & {'open', 'any'} and not self._finished:
            try:
                wire.socket.sendall(model.request(target=self._question.decode()))
            except (ConnectionError, BrokenPipeError):
                pass
        try:
            message = wire.response('GET')
        except Ended:
            observed.end = 'close'
            return
        except TimeoutError:
            observed.end = 'stuck'
            return
        if message.body == self._question:
            observed.end = 'open'
        else:
            observed.trouble = f'one more response: {message.line[:60]!r}'


def judge(case, target, observed):
    """What is wrong, as lines of text. Empty: one of the case's expectations holds."""
    return min((problems(expect, observed) for expect in case.expects(target)), key=len)


def run_all(suite, target, wanted=lambda case: True, tell=lambda theme, case, found: None):
    """{theme: [(case, problems)]}. Slow cases wait for their time-outs side by side."""
    results = {theme: [] for theme in suite.themes}

    def one(theme, case):
        found = judge(case, target, suite.run(case))
        results[theme].append((case, found))
        tell(theme, case, found)

    chosen = [(theme, case) for theme, cases in suite.themes.items() for case in cases
              if wanted(case)]
    slow = [threading.Thread(target=one, args=each) for each in chosen if each[1].slow]
    for thread in slow:
        thread.start()
    for theme, case in chosen:
        if not case.slow:
            one(theme, case)
    for thread in slow:
        thread.join()
    return results

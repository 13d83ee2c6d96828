"""What a case of the suite is: bytes that a client sends, what the endpoint answers, and what both
sides may see then. Nothing here talks to anybody."""

import dataclasses

# In place of a status: the connection ended without an answer.
CLOSED = 'closed'
# In place of a field's value: the client's address.
CLIENT = object()

# ---- Steps of a client or an endpoint beside bytes, which are sent.

FIN = 'fin'          # says that no more will come, and reads on
RESET = 'reset'      # breaks the connection
RELEASE = 'release'  # client: opens the endpoint's GATE
CLOSE = 'close'      # endpoint: closes the connection
EARLY = 'early'      # endpoint, first of all: does not wait for the request's body
BODY = 'body'        # endpoint, after EARLY: waits for the request's body
GATE = 'gate'        # endpoint: waits for the client's RELEASE
ECHO = 'echo'        # endpoint: sends back what comes, until the end
HOLD = 'hold'        # endpoint: says nothing more until the other side ends the connection

# Roles of a backend's endpoints beside scripts.
REFUSE = 'refuse'    # nobody listens there
HOLE = 'hole'        # connections are neither accepted nor refused


@dataclasses.dataclass(frozen=True)
class Got:
    """Waits until the client (of a client's step) or the endpoint (of an endpoint's) has received
    these bytes."""
    bytes: bytes


@dataclasses.dataclass(frozen=True)
class Seen:
    """A client's step: waits until the endpoint has received these bytes."""
    bytes: bytes


@dataclasses.dataclass(frozen=True)
class Expect:
    """All that must hold. What is None does not matter."""
    status: tuple = (200,)    # one for each response: a number, CLOSED, or a set of these
    end: str = 'open'         # of the client's connection, then: open, close, any; broken: the last
    #                           response cannot be taken for whole; None: nobody looks
    requests: object = 1      # heads that the endpoints got: a number or a set
    connections: object = None
    line: bytes = None        # of the first request that they got
    lines: tuple = None       # of all
    has: dict = None          # its fields: name in lower case, list of values in their order;
    #                           each a text, a pattern, or CLIENT
    lacks: tuple = ()
    body: bytes = None        # of the first request, without chunk lines
    whole: bool = None        # whether the first request came to its end
    trailers: tuple = None    # field lines behind the first request's body
    never: tuple = ()         # bytes that no endpoint got
    head: dict = None         # fields of the last response
    head_lacks: tuple = ()
    text: object = None       # its body, or what came through a tunnel; a number: only its size
    texts: tuple = None       # of all responses
    interim: tuple = None     # 1xx responses before it
    tail: tuple = None        # field lines behind its body


@dataclasses.dataclass(frozen=True)
class Case:
    name: str                 # rfc NUMBER _ section _ what
    send: object              # bytes, or a list of steps. %HOST% is a host of the case's backend
    expect: object = Expect()  # one, or several of which one must hold
    answer: object = None     # the endpoint's steps: bytes, a list, or a tuple of these by request
    limpet: object = None     # what Limpet promises beyond `expect`
    methods: tuple = ()       # of the requests, where responses depend on them
    backend: tuple = ()       # endpoints of the case's own: REFUSE, HOLE, or steps as in `answer`
    slow: bool = False        # waits for a time-out: beside the others, with endpoints of its own

    @property
    def steps(self):
        return [self.send] if isinstance(self.send, bytes) else list(self.send)

    def expects(self, target):
        chosen = self.limpet if target == 'limpet' and self.limpet else self.expect
        return chosen if isinstance(chosen, tuple) else (chosen,)


# ---- Requests and answers, as most cases want them.

def request(*fields, method='GET', target='/', version='HTTP/1.1', host='h', body=b''):
    lines = [f'{method} {target} {version}', *([f'Host: {host}'] if host else []), *fields]
    return ('\r\n'.join(lines) + '\r\n\r\n').encode('latin-1') + body


def post(*fields, body=b'', **more):
    return request(*fields, f'Content-Length: {len(body)}', method='POST', body=body, **more)


def chunked(*chunks, fields=(), end=b'0\r\n\r\n', **more):
    """A request with a body in chunks of these bytes."""
    body = b''.join(b'%x\r\n%s\r\n' % (len(chunk), chunk) for chunk in chunks)
    return request('Transfer-Encoding: chunked', *fields, body=body + end,
                   **{'method': 'POST', **more})


def response(*fields, status='200 OK', version='HTTP/1.1', body=b'', length=True):
    lines = [f'{version} {status}', *fields, *([f'Content-Length: {len(body)}'] if length else [])]
    return ('\r\n'.join(lines) + '\r\n\r\n').encode('latin-1') + body


OK = response(body=b'ok')
NEXT = request(target='/smuggled', host='smuggled')

# The request is not passed on, nothing that follows on its connection is served.
REFUSED = Expect(status=({400, CLOSED},), end='close', requests=0, never=(b'smuggled',))
# What may be sent again may have come again.
BAD_GATEWAY = Expect(status=(502,), end='any', requests=frozenset({1, 2, 3, 4}))


def refused(*statuses):
    return dataclasses.replace(REFUSED, status=(frozenset({400, CLOSED, *statuses}),))


def exactly(*statuses):
    """A refusal that says what is wrong."""
    return dataclasses.replace(REFUSED, status=(frozenset(statuses),))


def passed(**more):
    return Expect(**more)

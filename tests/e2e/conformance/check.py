"""What of an expectation does not hold for what was observed."""

from tests.e2e.conformance.model import CLIENT, CLOSED


def _among(value, wanted):
    return value in wanted if isinstance(wanted, (set, frozenset)) else value == wanted


def _words(wanted):
    if isinstance(wanted, (set, frozenset)):
        return ' or '.join(sorted(map(str, wanted)))
    return str(wanted)


def _alike(got, wanted):
    """Texts, or patterns where the RFC leaves the text open."""
    return len(got) == len(wanted) and all(
        bool(want.fullmatch(each)) if hasattr(want, 'fullmatch') else each == want
        for each, want in zip(got, wanted))


def problems(expect, observed):
    found = [*_statuses(expect, observed), *_end(expect, observed)]
    if observed.responses:
        found += _last_response(expect, observed.responses[-1])
    if expect.texts is not None:
        texts = tuple(each.body for each in observed.responses)
        if texts != expect.texts:
            found.append(f'bodies {texts}, not {expect.texts}')
    return found + list(_upstream(expect, observed))


def _statuses(expect, observed):
    got = [response.status for response in observed.responses]
    if len(got) < len(expect.status) and observed.end in ('close', 'reset by the client'):
        got.append(CLOSED)
    if len(got) != len(expect.status) or not all(map(_among, got, expect.status)):
        yield f'answers {got}, not {[_words(each) for each in expect.status]}'
    if observed.trouble:
        yield observed.trouble


def _end(expect, observed):
    if expect.end is None:
        return
    if expect.end == 'any':
        if observed.end == 'stuck':
            yield 'nothing came for a long time'
    elif expect.end == 'broken':
        if not observed.responses or observed.responses[-1].whole:
            yield 'the last response looks whole'
    elif observed.end != expect.end:
        yield f'the connection: {observed.end}, not {expect.end}'
    if expect.end != 'broken' and observed.responses and not observed.responses[-1].whole:
        if observed.responses[-1].status != 101:
            yield 'the last response is not whole'


def _last_response(expect, response):
    for name, values in (expect.head or {}).items():
        got = [value.decode('latin-1') for value in response.values(name)]
        if not _alike(got, values):
            yield f'response field {name}: {got}, not {values}'
    for name in expect.head_lacks:
        if response.values(name):
            yield f'response field {name}: {response.values(name)}'
    if isinstance(expect.text, int):
        if len(response.body) != expect.text:
            yield f'a response body of {len(response.body)} bytes, not {expect.text}'
    elif expect.text is not None and response.body != expect.text:
        yield f'response body {response.body[:80]!r}, not {expect.text!r}'
    if expect.interim is not None and tuple(response.interim) != expect.interim:
        yield f'interim responses {response.interim}, not {expect.interim}'
    if expect.tail is not None and tuple(response.trailers) != expect.tail:
        yield f'trailers {response.trailers}, not {expect.tail}'


def _upstream(expect, observed):
    recording = observed.recording
    requests = recording.requests
    if expect.requests is not None and not _among(len(requests), expect.requests):
        got = [request.line[:40] for request in requests]
        yield f'the endpoint got {len(requests)} requests, not {_words(expect.requests)}: {got}'
    connections = len({request.wire for request in requests})
    if expect.connections is not None and not _among(connections, expect.connections):
        yield f'{connections} connections, not {_words(expect.connections)}'
    for data in expect.never:
        if data in recording.raw:
            yield f'the endpoint got {data!r}'
    if expect.lines is not None and tuple(r.line for r in requests) != expect.lines:
        yield f'request lines {[r.line for r in requests]}'
    if requests:
        yield from _request(expect, requests[0], observed.client)


def _request(expect, request, client):
    if expect.line is not None and request.line != expect.line:
        yield f'request line {request.line!r}, not {expect.line!r}'
    for name, values in (expect.has or {}).items():
        got = [value.decode('latin-1') for value in request.values(name)]
        values = [client if value is CLIENT else value for value in values]
        if not _alike(got, values):
            yield f'request field {name}: {got}, not {values}'
    for name in expect.lacks:
        if request.values(name):
            yield f'request field {name}: {request.values(name)}'
    if isinstance(expect.body, int):
        if len(request.body) != expect.body:
            yield f'a request body of {len(request.body)} bytes, not {expect.body}'
    elif expect.body is not None and request.body != expect.body:
        yield f'request body {request.body[:80]!r}, not {expect.body!r}'
    if expect.whole is not None and request.whole != expect.whole:
        yield f'the request came {"whole" if request.whole else "in part"}'
    if expect.trailers is not None and tuple(request.trailers) != expect.trailers:
        yield f'request trailers {request.trailers}, not {expect.trailers}'

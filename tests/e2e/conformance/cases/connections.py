"""Persistence, pipelining and the pool of connections to endpoints (RFC 9112 §9)."""

from tests.e2e.conformance.model import (CLOSE, CLOSED, FIN, GATE, HOLD, NEXT, OK, RELEASE, RESET,
                                         Case, Expect, Got, exactly, passed, post, refused,
                                         request, response)

OLD = 'HTTP/1.0'
ONE, TWO, THREE = (response(body=name) for name in (b'one', b'two', b'three'))

PERSISTENCE = [
    Case('rfc9112_9_3_http_1_1_stays_open', request(), passed(end='open')),
    Case('rfc9112_9_6_connection_close_is_kept_to', request('Connection: close') + NEXT,
         passed(end='close', head={'connection': ['close']}, never=(b'smuggled',))),
    Case('rfc9112_9_6_close_ignores_case', request('connection: CLOSE') + NEXT,
         passed(end='close', never=(b'smuggled',))),
    Case('rfc9112_9_6_close_within_a_list', request('Connection: foo, close') + NEXT,
         passed(end='close', never=(b'smuggled',))),
    Case('rfc9112_9_6_close_in_the_second_line',
         request('Connection: keep-alive', 'Connection: close') + NEXT,
         passed(end='close', never=(b'smuggled',))),
    Case('rfc9112_9_3_http_1_0_closes', request(version=OLD), passed(end='close')),
    Case('rfc9112_9_3_http_1_0_with_keep_alive', request('Connection: keep-alive', version=OLD),
         (passed(end='open', head={'connection': ['keep-alive']}), passed(end='close')),
         limpet=passed(end='open', head={'connection': ['keep-alive']})),
    Case('rfc9112_9_3_http_1_0_with_keep_alive_and_close',
         request('Connection: keep-alive, close', version=OLD), passed(end='close')),
    Case('rfc9112_9_3_http_1_0_gets_no_chunks', request(version=OLD),
         Expect(status=({200, 502},), end='close', head={'transfer-encoding': []}),
         answer=b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'),
    Case('rfc9112_9_3_http_1_0_and_a_body_until_the_end',
         request('Connection: keep-alive', version=OLD), passed(end='close', text=b'ok'),
         answer=[b'HTTP/1.0 200 OK\r\n\r\nok', CLOSE]),
    Case('rfc9112_9_3_keep_alive_of_the_endpoint_is_its_own', request(), passed(end='open'),
         answer=[response('Connection: close', body=b'ok'), CLOSE]),
    Case('rfc9112_9_6_close_of_a_client_is_not_passed_on', request('Connection: close'),
         (passed(end='close'), passed(end='close', has={'connection': ['close']})),
         limpet=passed(end='close', has={'connection': []})),
]

PIPELINED = [
    Case('rfc9112_9_3_2_pipelined_requests_are_answered_in_order',
         request(target='/1') + request(target='/2') + request(target='/3'),
         passed(status=(200, 200, 200), requests=3, texts=(b'one', b'two', b'three'),
                lines=(b'GET /1 HTTP/1.1', b'GET /2 HTTP/1.1', b'GET /3 HTTP/1.1')),
         answer=(ONE, TWO, THREE)),
    Case('rfc9112_9_3_2_pipelined_requests_with_bodies',
         post(body=b'abc') + post(body=b'de') + request(),
         passed(status=(200, 200, 200), requests=3, texts=(b'one', b'two', b'three')),
         answer=(ONE, TWO, THREE)),
    Case('rfc9112_9_3_2_pipelined_head_and_get', request(method='HEAD') + request(),
         passed(status=(200, 200), requests=2, texts=(b'', b'two')),
         answer=(b'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n', TWO), methods=('HEAD', 'GET')),
    Case('rfc9112_9_3_2_pipelined_behind_a_slow_answer',
         [request(target='/1') + request(target='/2'), Got(b'on'), RELEASE],
         passed(status=(200, 200), requests=2, texts=(b'one', b'two')),
         answer=([ONE[:-1], GATE, ONE[-1:]], TWO)),
    Case('rfc9112_9_3_2_bad_one_ends_the_pipeline',
         request(target='/1') + request('A : b', target='/2') + NEXT,
         Expect(status=(200, {400, CLOSED}), end='close', requests=1, never=(b'smuggled',))),
    Case('rfc9112_9_3_2_close_ends_the_pipeline',
         request(target='/1') + request('Connection: close', target='/2') + NEXT,
         passed(status=(200, 200), end='close', requests=2, never=(b'smuggled',))),
    Case('rfc9112_9_3_2_answer_until_the_end_in_a_pipeline', request(target='/1') + NEXT,
         (passed(status=(200,), end='close', text=b'ok', never=(b'smuggled',)),
          passed(status=(200, 200), requests=2)),
         answer=([b'HTTP/1.1 200 OK\r\n\r\nok', CLOSE], OK)),
    Case('rfc9112_9_3_2_fifty_in_a_row', b''.join(request(target=f'/{i}') for i in range(50)),
         passed(status=(200,) * 50, requests=50,
                lines=tuple(b'GET /%d HTTP/1.1' % i for i in range(50)))),
    Case('rfc9112_9_3_2_head_of_the_next_in_pieces',
         [request(target='/1') + request(target='/2')[:10], Got(b'one'), request(target='/2')[10:]],
         passed(status=(200, 200), requests=2, texts=(b'one', b'two')), answer=(ONE, TWO)),
]


def pooled(name, expect, answers, send=None, **more):
    """The first request leaves a connection in the pool, the second meets it."""
    return Case(name, [request(target='/1', host='%HOST%'), Got(b'one'),
                       send or request(target='/2', host='%HOST%')], expect, backend=(answers,),
                **more)


POOL = [
    pooled('rfc9112_9_3_connection_to_the_endpoint_is_used_again',
           passed(status=(200, 200), requests=2, connections={1, 2}), (ONE, TWO),
           limpet=passed(status=(200, 200), requests=2, connections=1)),
    pooled('rfc9112_9_3_1_stale_connection_is_replaced',
           (passed(status=(200, 200), requests={2, 3}, texts=(b'one', b'two')),
            Expect(status=(200, {CLOSED, 502, 503}), end='any', requests={2, 3})),
           (ONE, [CLOSE], TWO),
           limpet=passed(status=(200, 200), requests=3, texts=(b'one', b'two'))),
    pooled('rfc9112_9_3_1_stale_connection_that_is_reset_is_replaced',
           (passed(status=(200, 200), requests={2, 3}, texts=(b'one', b'two')),
            Expect(status=(200, {CLOSED, 502, 503}), end='any', requests={2, 3})),
           (ONE, [RESET], TWO),
           limpet=passed(status=(200, 200), requests=3, texts=(b'one', b'two'))),
    pooled('rfc9110_9_2_2_post_is_not_sent_twice_over_a_stale_connection',
           Expect(status=(200, {CLOSED, 200, 502, 503}), end='any', requests={1, 2},
                  connections={1, 2}),
           (ONE, [CLOSE], TWO), post(body=b'abc', target='/2', host='%HOST%')),
    pooled('rfc9112_9_3_1_connection_that_the_endpoint_closed',
           passed(status=(200, 200), requests=2, texts=(b'one', b'two'), connections=2),
           ([response('Connection: close', body=b'one'), CLOSE], TWO)),
    pooled('rfc9112_9_3_1_connection_that_the_endpoint_closed_unannounced',
           passed(status=(200, 200), requests=2, texts=(b'one', b'two'), connections=2),
           ([ONE, CLOSE], TWO)),
    pooled('rfc9112_9_3_connection_of_http_1_0_is_not_kept',
           passed(status=(200, 200), requests=2, texts=(b'one', b'two'), connections=2),
           ([response(version=OLD, body=b'one'), CLOSE], TWO)),
    pooled('rfc9112_9_2_bytes_behind_an_answer_end_its_connection',
           passed(status=(200, 200), requests=2, texts=(b'one', b'two'), connections=2),
           ([ONE + response(body=b'forged'), HOLD], TWO)),
    pooled('rfc9112_9_3_body_until_the_end_ends_its_connection',
           (passed(status=(200, 200), requests=2, texts=(b'one', b'two')),
            Expect(status=(200, CLOSED), end='close', requests=1)),
           ([b'HTTP/1.1 200 OK\r\n\r\none', CLOSE], TWO)),
]

ENDS = [
    Case('rfc9112_9_client_that_says_nothing', [FIN],
         Expect(status=({CLOSED, 400, 408},), end='close', requests=0),
         limpet=Expect(status=(CLOSED,), end='close', requests=0)),
    Case('rfc9112_2_2_client_that_sends_an_empty_line_alone', [b'\r\n', FIN],
         Expect(status=({CLOSED, 400, 408},), end='close', requests=0)),
    Case('rfc9112_2_2_bytes_that_are_no_http', b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' * 20
         + b'\r\n\r\n', refused(505), limpet=exactly(400)),
    Case('rfc9112_2_2_zeros', b'\0' * 5000 + b'\r\n\r\n', refused(505), limpet=exactly(400)),
]

CASES = PERSISTENCE + PIPELINED + POOL + ENDS

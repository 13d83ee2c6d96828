"""Bodies on their way: streamed as they come, broken off at any byte (RFC 9112 §6 to §8)."""

from tests.e2e.conformance.model import (BODY, CLOSE, CLOSED, EARLY, FIN, GATE, HOLD, RELEASE,
                                         RESET, Case, Expect, Got, Seen, chunked, passed, post,
                                         request, response)

CONTINUE = b'HTTP/1.1 100 Continue\r\n\r\n'
LARGE = 4 << 20
PIECE = b'0123456789abcdef' * 4096
ABORTED = Expect(status=({CLOSED, 400, 408, 499},), end='reset by the client', requests={0, 1},
                 whole=False)


def large_chunks(size):
    return b''.join(b'%x\r\n%s\r\n' % (len(PIECE), PIECE) for _ in range(size // len(PIECE)))


STREAMED = [
    Case('rfc9112_6_request_body_is_streamed',
         [request('Content-Length: 6', method='POST', body=b'abc'), Seen(b'abc'), b'def'],
         passed(body=b'abcdef')),
    Case('rfc9112_7_1_request_chunks_are_streamed',
         [request('Transfer-Encoding: chunked', method='POST', body=b'3\r\nabc\r\n'), Seen(b'abc'),
          b'3\r\ndef\r\n', Seen(b'def'), b'0\r\n\r\n'], passed(body=b'abcdef')),
    Case('rfc9112_6_response_body_is_streamed',
         [request(), Got(b'abc'), RELEASE], passed(text=b'abcdef'),
         answer=[b'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc', GATE, b'def']),
    Case('rfc9112_7_1_response_chunks_are_streamed',
         [request(), Got(b'abc'), RELEASE], passed(text=b'abcdef'),
         answer=[b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n', GATE,
                 b'3\r\ndef\r\n0\r\n\r\n']),
    Case('rfc9112_6_3_response_until_the_end_is_streamed',
         [request(), Got(b'abc'), RELEASE], passed(text=b'abcdef', end='any'),
         answer=[b'HTTP/1.1 200 OK\r\n\r\nabc', GATE, b'def', CLOSE]),
    Case('rfc9110_15_2_interim_response_is_streamed',
         [request(), Got(b'103'), RELEASE], passed(text=b'ok', interim=(103,), end='any'),
         answer=[b'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n', GATE, response(body=b'ok')]),
    Case('rfc9112_4_response_head_is_passed_before_its_body',
         [request(), Got(b'\r\n\r\n'), RELEASE], passed(text=b'ok'),
         answer=[b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n', GATE, b'ok']),
    Case('rfc9112_6_large_request_body', post(body=PIECE * (LARGE // len(PIECE))),
         passed(body=LARGE)),
    Case('rfc9112_7_1_large_request_in_chunks',
         request('Transfer-Encoding: chunked', method='POST',
                 body=large_chunks(LARGE) + b'0\r\n\r\n'), passed(body=LARGE)),
    Case('rfc9112_6_large_response_body', request(), passed(text=LARGE),
         answer=response(body=PIECE * (LARGE // len(PIECE)))),
    Case('rfc9112_7_1_large_response_in_chunks', request(), passed(text=LARGE),
         answer=b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n' + large_chunks(LARGE) +
                b'0\r\n\r\n'),
    Case('rfc9112_6_both_bodies_at_a_time',
         [request('Content-Length: 6', method='POST', body=b'abc'), Got(b'xyz'), b'def', RELEASE],
         (passed(body=b'abcdef', text=b'xyz123'), passed(text=b'xyz123', end='close')),
         answer=[EARLY, b'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nxyz', BODY, GATE, b'123']),
    Case('rfc9112_6_request_head_in_two_pieces',
         [request('A: b')[:30], request('A: b')[30:]], passed(has={'a': ['b']})),
    Case('rfc9112_6_head_and_body_in_one_piece_with_the_next_head',
         post(body=b'abc', target='/1') + request(target='/2')[:9] + request(target='/2')[9:],
         passed(status=(200, 200), requests=2, lines=(b'POST /1 HTTP/1.1', b'GET /2 HTTP/1.1'))),
]

EXPECT = [
    Case('rfc9110_10_1_1_continue_of_the_endpoint_or_the_gateway',
         [request('Expect: 100-continue', 'Content-Length: 3', method='POST'), Got(CONTINUE[:12]),
          b'abc'],
         passed(body=b'abc', text=b'ok', end='any'),
         answer=[EARLY, CONTINUE, BODY, response(body=b'ok')]),
    Case('rfc9110_10_1_1_expectation_is_passed_on',
         [request('Expect: 100-continue', 'Content-Length: 3', method='POST'), Got(CONTINUE[:12]),
          b'abc'],
         (passed(body=b'abc', has={'expect': ['100-continue']}, end='any'),
          passed(body=b'abc', has={'expect': []}, end='any')),
         answer=[EARLY, CONTINUE, BODY, response(body=b'ok')],
         limpet=passed(body=b'abc', has={'expect': ['100-continue']}, interim=(100,))),
    Case('rfc9110_10_1_1_body_without_waiting',
         request('Expect: 100-continue', 'Content-Length: 3', method='POST', body=b'abc'),
         passed(body=b'abc', end='any'), answer=[EARLY, CONTINUE, BODY, response(body=b'ok')]),
    Case('rfc9110_10_1_1_endpoint_that_never_says_continue',
         request('Expect: 100-continue', 'Content-Length: 3', method='POST', body=b'abc'),
         passed(body=b'abc')),
    Case('rfc9110_10_1_1_refused_by_a_final_status',
         [request('Expect: 100-continue', 'Content-Length: 3', method='POST'), Got(b'401')],
         Expect(status=(401,), end=None, whole=False),
         answer=[EARLY, response(status='401 No', body=b'no'), HOLD]),
    Case('rfc9110_10_1_1_expectation_of_http_1_0_is_ignored',
         request('Expect: 100-continue', 'Content-Length: 3', method='POST', body=b'abc',
                 version='HTTP/1.0'),
         passed(body=b'abc', end='close', interim=()),
         limpet=passed(body=b'abc', end='close', interim=(), has={'expect': []})),
]

EARLY_ANSWERS = [
    Case('rfc9112_9_3_answer_before_the_body_has_come',
         [request('Content-Length: 1000000', method='POST', body=b'abc'), Got(b'no')],
         Expect(status=(413,), end=None, text=b'no', whole=False),
         answer=[EARLY, response('Connection: close', status='413 Large', body=b'no'), CLOSE]),
    Case('rfc9112_9_6_answer_before_the_body_and_no_more_reading',
         [post(body=b'x' * 2_000_000)],
         Expect(status=({403, 502, CLOSED},), end=None),
         answer=[EARLY, response('Connection: close', status='403 No', body=b'no'), CLOSE],
         limpet=Expect(status=(403,), end=None, text=b'no')),
    Case('rfc9112_9_3_early_answer_and_then_the_body',
         [request('Content-Length: 6', method='POST', body=b'abc'), Got(b'ok'), b'def'],
         Expect(status=(200,), end='any', text=b'ok'),
         answer=[EARLY, response(body=b'ok'), BODY]),
]

ABORTS = [
    Case('rfc9112_8_client_breaks_off_within_a_counted_body',
         [request('Content-Length: 10', method='POST', body=b'abc'), Seen(b'abc'), RESET],
         ABORTED),
    Case('rfc9112_8_client_breaks_off_within_chunks',
         [request('Transfer-Encoding: chunked', method='POST', body=b'3\r\nabc\r\n'), Seen(b'abc'),
          RESET], ABORTED),
    Case('rfc9112_8_client_breaks_off_within_a_chunk',
         [request('Transfer-Encoding: chunked', method='POST', body=b'9\r\nabc'), Seen(b'abc'),
          RESET], ABORTED),
    Case('rfc9112_8_client_ends_within_a_body',
         [request('Content-Length: 10', method='POST', body=b'abc'), Seen(b'abc'), FIN],
         Expect(status=({400, 408, 499, 502, CLOSED},), end='close', whole=False)),
    Case('rfc9112_8_client_breaks_off_while_the_endpoint_answers',
         [request(), Got(b'abc'), RESET, RELEASE],
         Expect(status=(CLOSED,), end='reset by the client'),
         answer=[b'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc', GATE, b'def']),
    Case('rfc9112_8_endpoint_ends_within_a_request_body',
         [request('Content-Length: 10', method='POST', body=b'abc'), Seen(b'abc')],
         Expect(status=({502, 503, CLOSED},), end=None, requests=1, whole=False),
         answer=[EARLY, CLOSE]),
    Case('rfc9112_8_endpoint_breaks_off_within_a_request_body',
         [request('Transfer-Encoding: chunked', method='POST', body=b'3\r\nabc\r\n'), Seen(b'abc')],
         Expect(status=({502, 503, CLOSED},), end=None, requests=1, whole=False),
         answer=[EARLY, RESET]),
    Case('rfc9112_9_6_half_closed_client_gets_its_answer', [request(), FIN],
         Expect(status=({200, CLOSED},), end='close'),
         limpet=Expect(status=(200,), end='close', text=b'ok')),
    Case('rfc9112_9_6_half_closed_client_gets_the_answer_to_its_body', [chunked(b'abc'), FIN],
         Expect(status=({200, CLOSED},), end='close'),
         limpet=Expect(status=(200,), end='close', text=b'ok', body=b'abc')),
]

CASES = STREAMED + EXPECT + EARLY_ANSWERS + ABORTS

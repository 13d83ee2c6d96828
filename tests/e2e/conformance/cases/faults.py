"""Endpoints that fail (RFC 9110 §9.2.2, §15.6)."""

from tests.e2e.conformance.model import (CLOSE, EARLY, HOLE, OK, REFUSE, RESET, Case, Expect, Got,
                                         passed, post, request, response)

BUSY = frozenset({502, 503, 504})


def here(*fields, **more):
    return request(*fields, host='%HOST%', **more)


def four(data=None):
    """Whichever comes first: each endpoint gets its turn."""
    return [step for _ in range(4) for step in (data or here(), Got(b'ok'))]


def fault(name, send, expect, *backend, **more):
    return Case(name, send, expect, backend=backend, **more)


POST_HERE = post(body=b'abc', host='%HOST%')
ALL_OK = passed(status=(200,) * 4, requests=4, texts=(b'ok',) * 4)

CASES = [
    fault('rfc9110_15_6_3_refused_connections_lead_to_the_next', four(), ALL_OK, REFUSE, [OK]),
    fault('rfc9110_9_2_2_refused_connections_lead_to_the_next_for_post', four(POST_HERE), ALL_OK,
          REFUSE, [OK]),
    fault('rfc9110_15_6_3_two_of_three_refuse', four(), ALL_OK, REFUSE, REFUSE, [OK]),
    fault('rfc9110_15_6_5_black_hole_leads_to_the_next', [here(), Got(b'ok'), here()],
          passed(status=(200, 200), requests=2), HOLE, [OK], slow=True),
    fault('rfc9110_15_6_5_black_hole_alone', here(), Expect(status=(BUSY,), requests=0), HOLE,
          slow=True),
    fault('rfc9110_15_6_4_all_refuse', [here(), Got(b'50'), here()],
          Expect(status=(BUSY, BUSY), requests=0, end='any'), REFUSE, REFUSE),
    fault('rfc9110_15_6_4_all_refuse_with_a_body', POST_HERE,
          Expect(status=(BUSY,), requests=0, end='any'), REFUSE),
    fault('rfc9110_15_6_3_closed_without_an_answer', here(),
          Expect(status=(BUSY,), end='any', requests={1, 2, 3, 4}), [CLOSE]),
    fault('rfc9110_15_6_3_reset_without_an_answer', here(),
          Expect(status=(BUSY,), end='any', requests={1, 2, 3, 4}), [RESET]),
    fault('rfc9110_9_2_2_get_may_go_to_the_next', [here(), Got(b'HTTP/1.1'), here()],
          (passed(status=(200, 200), requests={2, 3, 4}),
           Expect(status=(frozenset({200, 502}), frozenset({200, 502})), end='any')),
          [EARLY, CLOSE], [OK], limpet=passed(status=(200, 200), requests={2, 3, 4})),
    *[fault(f'rfc9110_9_2_2_{method.lower()}_is_never_sent_twice_after_{what}',
            request('Content-Length: 3', method=method, host='%HOST%', body=b'abc'),
            Expect(status=(BUSY,), end='any', requests=1), [step], [step])
      for method in ('POST', 'PATCH') for what, step in [('a_close', CLOSE), ('a_reset', RESET)]],
    fault('rfc9110_9_2_2_post_is_not_sent_on_after_garbage', POST_HERE,
          Expect(status=(502,), end='any', requests=1), [b'garbage\r\n\r\n', CLOSE],
          [b'garbage\r\n\r\n', CLOSE]),
    fault('rfc9110_15_6_3_garbage_is_502', here(),
          Expect(status=(502,), end='any', requests={1, 2}), [b'garbage\r\n\r\n', CLOSE]),
    fault('rfc9110_9_2_2_post_is_not_sent_on_after_half_an_answer', POST_HERE,
          Expect(status=(502,), end='any', requests=1), [b'HTTP/1.1 200 OK\r\nA:', CLOSE],
          [b'HTTP/1.1 200 OK\r\nA:', CLOSE]),
    fault('rfc9110_15_6_answers_of_5xx_are_passed', here(),
          Expect(status=(503,), text=b'busy', requests=1),
          response(status='503 Busy', body=b'busy')),
    fault('rfc9110_15_6_answers_of_5xx_leave_the_connection', [here(), Got(b'busy'), here()],
          Expect(status=(500, 200), requests=2, connections={1, 2}),
          (response(status='500 No', body=b'busy'), OK)),
    fault('rfc9110_15_6_3_endpoint_is_used_again_after_a_failure',
          [post(body=b'a', host='%HOST%'), Got(b'\r\n\r\n'), here()],
          Expect(status=(BUSY, 200), requests=2), ([CLOSE], OK)),
    fault('rfc9110_15_6_4_gateway_goes_on_after_a_failure', [POST_HERE, Got(b'50')],
          Expect(status=(BUSY,), end='any', requests=1, head_lacks=('x',)), [RESET]),
]

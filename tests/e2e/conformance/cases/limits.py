"""Requests beyond what a gateway takes (RFC 9110 §15.5, RFC 6585)."""

from tests.e2e.conformance.model import NEXT, Case, Expect, exactly, passed, refused, request

SERVED = Expect(status=(200, 200), requests=2)

CASES = [
    Case('rfc9112_3_target_of_8000_octets', request(target='/' + 'a' * 7999),
         passed(line=b'GET /' + b'a' * 7999 + b' HTTP/1.1')),
    Case('rfc9110_15_5_15_target_too_long', request(target='/' + 'a' * 20_000) + NEXT,
         (refused(414, 431), SERVED), limpet=exactly(414)),
    Case('rfc9110_15_5_15_target_without_an_end', b'GET /' + b'a' * 300_000,
         refused(414, 431), limpet=exactly(414, 431)),
    Case('rfc6585_5_field_too_long', request('A: ' + 'b' * 200_000) + NEXT, refused(431),
         limpet=exactly(431)),
    Case('rfc6585_5_fields_too_long_together', request(*['A: ' + 'b' * 1000] * 90, ) + NEXT,
         refused(431), limpet=exactly(431)),
    Case('rfc6585_5_too_many_fields', request(*['A: b'] * 5000) + NEXT, refused(431),
         limpet=exactly(431)),
    Case('rfc9110_5_4_ninety_fields', request(*[f'X-{i}: {i}' for i in range(90)]),
         passed(has={'x-89': ['89']})),
    Case('rfc9110_5_4_field_line_without_an_end', b'GET / HTTP/1.1\r\nHost: h\r\nA: ' +
         b'b' * 300_000, refused(431), limpet=exactly(431)),
    Case('rfc9110_9_1_method_without_an_end', b'G' * 300_000, refused(414, 431, 501),
         limpet=exactly(400, 414, 431)),
    Case('rfc9112_7_1_2_trailers_without_an_end',
         request('Transfer-Encoding: chunked', method='POST',
                 body=b'1\r\na\r\n0\r\n' + b'A: ' + b'b' * 300_000 + b'\r\n\r\n'),
         (Expect(status=({400, 413, 431, 502, 'closed'},), end='close', requests={0, 1},
                 whole=False), passed()),
         limpet=Expect(status=(400,), end='close', requests={0, 1}, whole=False)),
    Case('rfc9110_15_5_9_head_that_does_not_come', b'GET / HTTP/1.1\r\nHost:',
         Expect(status=({408, 'closed'},), end='close', requests=0),
         limpet=Expect(status=(408,), end='close', requests=0), slow=True),
]

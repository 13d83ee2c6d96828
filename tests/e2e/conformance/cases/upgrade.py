"""Switching protocols (RFC 9110 §7.8, RFC 6455)."""

from tests.e2e.conformance.model import (CLOSE, EARLY, ECHO, FIN, HOLD, NEXT, RESET, Case, Expect,
                                         Got, Seen, passed, request, response)

WEBSOCKET = ('Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13',
             'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==')
SWITCH = (b'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
          b'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n')
TUNNEL = {'status': (101,), 'end': 'close'}


def tunnel(name, steps, answer, **more):
    return Case(name, [request(*WEBSOCKET), *steps], Expect(**TUNNEL, **more), answer=answer)


TUNNELS = [
    tunnel('rfc6455_4_2_2_handshake_is_passed', [Got(b'\r\n\r\n'), FIN], [SWITCH, ECHO],
           head={'upgrade': ['websocket'],
                 'sec-websocket-accept': ['s3pPLMBiTxaQ9kYGzzhZRbK+xOo=']},
           has={'upgrade': ['websocket'], 'sec-websocket-version': ['13'],
                'sec-websocket-key': ['dGhlIHNhbXBsZSBub25jZQ==']}),
    tunnel('rfc9110_7_8_connection_names_upgrade_both_ways', [Got(b'\r\n\r\n'), FIN],
           [SWITCH, ECHO], line=b'GET / HTTP/1.1'),
    tunnel('rfc6455_5_bytes_go_both_ways', [Got(b'\r\n\r\n'), b'\x81\x04ping', Got(b'ping'),
                                            b'\x81\x03you', Got(b'you'), FIN],
           [SWITCH, ECHO], text=b'\x81\x04ping\x81\x03you'),
    tunnel('rfc6455_5_bytes_behind_the_switch_in_one_piece', [Got(b'first'), FIN],
           [SWITCH + b'first', ECHO], text=b'first'),
    tunnel('rfc6455_5_every_byte_is_passed', [Got(b'\r\n\r\n'), bytes(range(256)) * 8,
                                              Got(bytes(range(256)) * 8), FIN],
           [SWITCH, ECHO], text=bytes(range(256)) * 8),
    tunnel('rfc6455_5_large_transfer', [Got(b'\r\n\r\n'), b'x' * 1_000_000 + b'end',
                                           Got(b'end'), FIN], [SWITCH, ECHO], text=1_000_003),
    tunnel('rfc6455_7_1_1_client_half_closes_and_reads_on', [Got(b'\r\n\r\n'), b'bye', FIN],
           [SWITCH, ECHO], text=b'bye'),
    tunnel('rfc6455_7_1_1_endpoint_half_closes_and_reads_on',
           [Got(b'last'), b'late', Seen(b'late'), FIN], [SWITCH + b'last', FIN, HOLD],
           text=b'last'),
    tunnel('rfc6455_7_1_1_endpoint_closes', [], [SWITCH + b'last', CLOSE], text=b'last'),
    tunnel('rfc6455_7_1_1_endpoint_breaks_off', [], [SWITCH, RESET], text=b''),
    Case('rfc9110_7_8_upgrade_to_another_protocol',
         [request('Connection: upgrade', 'Upgrade: chat/1'), Got(b'\r\n\r\n'), b'ping',
          Got(b'ping'), FIN],
         Expect(**TUNNEL, text=b'ping', has={'upgrade': ['chat/1']}),
         answer=[SWITCH.replace(b'websocket', b'chat/1'), ECHO]),
    Case('rfc9110_7_8_upgrade_names_ignore_case',
         [request('connection: keep-alive, UPGRADE', 'UPGRADE: WebSocket', *WEBSOCKET[2:]),
          Got(b'\r\n\r\n'), b'ping', Got(b'ping'), FIN],
         Expect(**TUNNEL, text=b'ping'), answer=[SWITCH, ECHO]),
    Case('rfc9110_7_8_bytes_behind_the_handshake_wait_for_the_switch',
         [request(*WEBSOCKET) + b'early', Got(b'early'), FIN],
         (Expect(**TUNNEL, text=b'early'), Expect(status=({400, 'closed'},), end='close')),
         answer=[SWITCH, ECHO]),
    Case('rfc9110_15_2_interim_before_the_switch',
         [request(*WEBSOCKET), Got(b'101'), FIN],
         Expect(**TUNNEL, interim=(103,)),
         answer=[b'HTTP/1.1 103 Early Hints\r\n\r\n' + SWITCH, ECHO]),
]

REFUSED = [
    Case('rfc9110_7_8_refused_upgrade_stays_http', request(*WEBSOCKET),
         passed(status=(403,), text=b'no'), answer=response(status='403 No', body=b'no')),
    Case('rfc9110_7_8_ignored_upgrade_stays_http', request(*WEBSOCKET) + request(target='/2'),
         passed(status=(200, 200), requests=2)),
    Case('rfc9110_15_5_22_upgrade_required', request(),
         passed(status=(426,)),
         answer=response('Connection: upgrade', 'Upgrade: x', status='426 Upgrade', body=b'no')),
    Case('rfc6455_4_4_version_negotiation', request(*WEBSOCKET),
         passed(status=(426,), head={'sec-websocket-version': ['13']}),
         answer=response('Sec-WebSocket-Version: 13', status='426 Upgrade', body=b'no')),
    Case('rfc9110_7_8_upgrade_of_http_1_0_is_ignored',
         request(*WEBSOCKET, version='HTTP/1.0'),
         passed(end='close', has={'upgrade': []}, lacks=('upgrade',))),
    Case('rfc9110_7_8_upgrade_that_connection_does_not_list',
         request('Upgrade: websocket'), passed(has={'upgrade': []})),
]

UNASKED = [
    Case('rfc9110_15_2_2_switch_that_nobody_asked_for', request(),
         Expect(status=({502, 'closed'},), end='any', requests=1),
         answer=[SWITCH + b'evil', HOLD]),
    Case('rfc9110_15_2_2_switch_for_http_1_0', request(*WEBSOCKET, version='HTTP/1.0') + NEXT,
         Expect(status=({502, 'closed'},), end='close', requests=1, never=(b'smuggled',)),
         answer=[SWITCH, HOLD]),
    Case('rfc9110_7_8_switch_before_the_body_has_come',
         [request(*WEBSOCKET, 'Content-Length: 3', method='POST', body=b'a')],
         Expect(status=({101, 400, 501, 502, 'closed'},), end='close'),
         answer=[EARLY, SWITCH, CLOSE]),
]

CASES = REFUSED + UNASKED + TUNNELS

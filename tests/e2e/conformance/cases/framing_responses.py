"""Responses as endpoints send them, good and bad (RFC 9112 §4, §6, §7)."""

import re

from tests.e2e.conformance.model import (BAD_GATEWAY, CLOSE, FIN, HOLD, RESET, Case, Expect, passed,
                                         request, response)

# Something of it may have been passed on: never a response that looks whole.
BROKEN = Expect(end='broken', status=({200},))
NOT_PASSED = (BAD_GATEWAY, Expect(status=('closed',), end='close'))


def bad(name, answer, *allowed, **more):
    """502, or nothing at all."""
    return Case(name, request(), (*NOT_PASSED, *allowed), answer=answer, limpet=BAD_GATEWAY,
                **more)


def good(name, answer, send=None, **more):
    return Case(name, send or request(), passed(**more), answer=answer)


def raw(text):
    return text if isinstance(text, bytes) else text.encode('latin-1')


def status(name, line, *allowed):
    return bad(name, [raw(line) + b'\r\nContent-Length: 2\r\n\r\nok', CLOSE], *allowed)


def field(name, line, *allowed):
    text = b'HTTP/1.1 200 OK\r\n' + raw(line) + b'\r\nContent-Length: 2\r\n\r\nok'
    return bad(name, [text, CLOSE], *allowed)


def lengths(name, *fields, body=b'', allowed=()):
    text = '\r\n'.join(['HTTP/1.1 200 OK', *fields]) + '\r\n\r\n'
    return bad(name, [raw(text) + body, CLOSE], *allowed)


# Passed on, but as it ought to be: the reader may take it for what it is.
MENDED = Expect(status=({200},), end='any', text=b'ok')

STATUS_LINES = [
    good('rfc9112_4_reason_is_optional', b'HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok',
         text=b'ok'),
    good('rfc9112_4_no_space_behind_the_status', b'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok',
         text=b'ok'),
    good('rfc9110_15_unknown_status', response(status='299 What', body=b'ok'), status=(299,),
         text=b'ok'),
    good('rfc9110_15_status_of_a_new_class', response(status='599 What', body=b'ok'),
         status=(599,)),
    good('rfc9112_2_3_endpoint_of_http_1_0',
         [response(version='HTTP/1.0', body=b'ok'), CLOSE], text=b'ok'),
    Case('rfc9110_2_5_endpoint_of_a_later_minor_version', request(),
         (passed(text=b'ok'), *NOT_PASSED),
         answer=[response(version='HTTP/1.2', body=b'ok'), CLOSE], limpet=passed(text=b'ok')),
    status('rfc9112_4_two_digits', 'HTTP/1.1 20 OK'),
    status('rfc9112_4_four_digits', 'HTTP/1.1 2000 OK'),
    status('rfc9112_4_letters_for_a_status', 'HTTP/1.1 abc OK'),
    status('rfc9110_15_status_below_100', 'HTTP/1.1 099 OK'),
    status('rfc9112_4_no_status', 'HTTP/1.1'),
    status('rfc9112_2_3_other_protocol_in_a_response', 'ICY 200 OK'),
    status('rfc9112_2_3_response_of_version_2', 'HTTP/2.0 200 OK'),
    status('rfc9112_4_space_before_the_version', ' HTTP/1.1 200 OK'),
    status('rfc9112_4_nul_in_the_reason', 'HTTP/1.1 200 O\0K', MENDED),
    bad('rfc9112_4_garbage', [b'garbage\r\n\r\n', CLOSE]),
    bad('rfc9112_4_a_request_for_an_answer', [request(), CLOSE]),
    bad('rfc9112_4_binary_garbage', [bytes(range(256)) * 4, CLOSE]),
]

FIELDS = [
    field('rfc9112_5_1_response_space_before_the_colon', 'zzz : b',
          Expect(status=({200},), end='any', head={'zzz': ['b']}),
          Expect(status=({200},), end='any', head={'zzz': []})),
    field('rfc9112_5_1_response_no_colon', 'zzz', MENDED),
    field('rfc9110_5_5_response_nul_in_a_value', 'A: b\0c',
          Expect(status=({200},), end='any', head={'a': ['b c']}),
          Expect(status=({200},), end='any', head={'a': []})),
    field('rfc9112_2_2_response_bare_carriage_return', 'A: b\rSet-Cookie: c',
          Expect(status=({200},), end='any', head={'set-cookie': []})),
    field('rfc9112_5_2_response_folded_line', 'A: b\r\n c',
          Expect(status=({200},), end='any', head={'a': [re.compile('b[ \t]+c')]})),
    field('rfc9112_2_2_response_bare_line_feed', 'A: b\nC: d',
          Expect(status=({200},), end='any', head={'a': ['b'], 'c': ['d']})),
    field('rfc9110_5_1_response_high_byte_in_a_name', 'A\xe9: b', MENDED),
    bad('rfc9112_4_head_that_breaks_off', [b'HTTP/1.1 200 OK\r\nA: b\r\n', CLOSE]),
    bad('rfc9112_4_head_that_breaks_off_by_a_reset', [b'HTTP/1.1 200 OK\r\nA: b\r\n', RESET]),
    bad('rfc9110_5_4_response_head_without_an_end',
        [b'HTTP/1.1 200 OK\r\nA: ' + b'b' * 200_000 + b'\r\n\r\n', CLOSE]),
]

LENGTHS = [
    good('rfc9112_6_3_response_of_a_length', response(body=b'ok'), text=b'ok'),
    good('rfc9112_6_3_response_of_length_0', response(), text=b''),
    good('rfc9112_7_1_response_in_chunks',
         b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1;a\r\nk\r\n0\r\n\r\n',
         text=b'ok'),
    good('rfc9110_6_5_response_trailers',
         b'HTTP/1.1 200 OK\r\nTrailer: X\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n'
         b'X: y\r\n\r\n', request('Connection: TE', 'TE: trailers'), text=b'ok'),
    good('rfc9112_6_3_response_until_the_end',
         [b'HTTP/1.1 200 OK\r\n\r\nok', CLOSE], text=b'ok', end='any'),
    good('rfc9112_6_3_response_of_http_1_0_until_the_end',
         [b'HTTP/1.0 200 OK\r\n\r\n', b'o', b'k', CLOSE], text=b'ok', end='any'),
    lengths('rfc9112_6_3_response_of_two_lengths', 'Content-Length: 1', 'Content-Length: 2',
            body=b'ok'),
    lengths('rfc9112_6_3_response_of_a_list_of_lengths', 'Content-Length: 1, 2', body=b'ok'),
    lengths('rfc9112_6_3_response_of_two_equal_lengths', 'Content-Length: 2', 'Content-Length: 2',
            body=b'ok', allowed=(Expect(status=({200},), end='any', text=b'ok',
                                        head={'content-length': ['2']}),)),
    lengths('rfc9110_8_6_response_of_a_negative_length', 'Content-Length: -1', body=b'ok'),
    lengths('rfc9110_8_6_response_of_a_length_in_words', 'Content-Length: two', body=b'ok'),
    lengths('rfc9110_8_6_response_of_an_empty_length', 'Content-Length:', body=b'ok'),
    lengths('rfc9110_8_6_response_of_a_signed_length', 'Content-Length: +2', body=b'ok'),
    lengths('rfc9110_8_6_response_of_a_length_beyond_64_bits',
            'Content-Length: 18446744073709551618', body=b'ok'),
    lengths('rfc9112_6_3_response_of_length_and_coding', 'Content-Length: 2',
            'Transfer-Encoding: chunked', body=b'2\r\nok\r\n0\r\n\r\n',
            allowed=(Expect(status=({200},), end='any', text=b'ok',
                            head={'content-length': []}),)),
    lengths('rfc9112_6_1_response_of_an_unknown_coding', 'Transfer-Encoding: x', body=b'ok',
            allowed=(Expect(status=({200},), end='close', head={'transfer-encoding': ['x']}),)),
    lengths('rfc9112_6_1_response_chunked_twice', 'Transfer-Encoding: chunked, chunked',
            body=b'2\r\nok\r\n0\r\n\r\n'),
    lengths('rfc9112_6_1_response_coding_in_http_1_0', 'Transfer-Encoding: x, chunked',
            body=b'2\r\nok\r\n0\r\n\r\n', allowed=(Expect(status=({200},), end='any'),)),
]

BODILESS = [
    Case('rfc9110_9_3_2_head_has_no_body', request(method='HEAD'),
         passed(head={'content-length': ['1000']}),
         answer=b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n'),
    Case('rfc9110_9_3_2_head_without_length', request(method='HEAD'), passed(),
         answer=b'HTTP/1.1 200 OK\r\nA: b\r\n\r\n'),
    Case('rfc9112_6_3_head_of_chunks', request(method='HEAD'), passed(),
         answer=b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'),
    good('rfc9110_15_3_5_no_content', b'HTTP/1.1 204 No Content\r\n\r\n', status=(204,), text=b''),
    good('rfc9110_8_6_no_content_has_no_length',
         b'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n', status=(204,),
         head={'content-length': []}),
    good('rfc9110_15_4_5_not_modified', b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n',
         status=(304,), text=b'', head={'etag': ['"a"']}),
    good('rfc9110_15_4_5_not_modified_with_a_length',
         b'HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n', status=(304,)),
    Case('rfc9112_6_3_bytes_behind_a_204_reach_nobody', request(),
         (passed(status=(204,)), Expect(status=({204, 502},), end='close'), BAD_GATEWAY),
         answer=[b'HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok', CLOSE]),
    Case('rfc9112_6_3_bytes_behind_a_304_reach_nobody', request(),
         (passed(status=(304,)), Expect(status=({304, 502},), end='close')),
         answer=[b'HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nok', CLOSE]),
    Case('rfc9112_6_3_body_of_a_head_response_reaches_nobody', request(method='HEAD'),
         (passed(), Expect(status=({200, 502},), end='close')),
         answer=[response(body=b'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'), CLOSE]),
    Case('rfc9112_9_2_response_behind_a_response_reaches_nobody',
         [request(target='/1')], passed(text=b'ok'),
         answer=[response(body=b'ok') + response(body=b'forged'), HOLD]),
    Case('rfc9112_9_2_response_before_any_request_reaches_nobody',
         [request(target='/1'), request(target='/2')],
         Expect(status=(200, 200), requests=2, texts=(b'one', b'two')),
         answer=([response(body=b'one') + response(body=b'forged')], [response(body=b'two')])),
]

def interim(name, answer, **more):
    return Case(name, request(), passed(end='any', **more), answer=answer, limpet=passed(**more))


INTERIM = [
    interim('rfc9110_15_2_interim_responses_are_passed',
            b'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n'
            + response(body=b'ok'), text=b'ok', interim=(102, 103)),
    interim('rfc9110_15_2_1_continue_that_was_not_asked_for',
            b'HTTP/1.1 100 Continue\r\n\r\n' + response(body=b'ok'), text=b'ok'),
    Case('rfc9110_15_2_interim_responses_are_not_for_http_1_0',
         request('Connection: close', version='HTTP/1.0'),
         passed(text=b'ok', interim=(), end='close'),
         answer=b'HTTP/1.1 103 Early Hints\r\n\r\n' + response(body=b'ok')),
    bad('rfc9110_15_2_interim_and_nothing_else', [b'HTTP/1.1 103 Early Hints\r\n\r\n', CLOSE],
        Expect(status=({500, 503, 504},), end='any')),
    interim('rfc9110_15_2_many_interim_responses',
            b'HTTP/1.1 103 Early Hints\r\n\r\n' * 8 + response(body=b'ok'), text=b'ok'),
]

ENDS = [
    Case(f'rfc9112_8_response_{what}', request(), (*NOT_PASSED, BROKEN), answer=answer)
    for what, answer in [
        ('shorter_than_its_length', [b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok', CLOSE]),
        ('shorter_than_its_length_by_a_half_close',
         [b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok', FIN, HOLD]),
        ('that_is_reset', [b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok', RESET]),
        ('without_the_last_chunk',
         [b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n', CLOSE]),
        ('within_a_chunk',
         [b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nok', CLOSE]),
        ('within_the_last_chunk',
         [b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n', CLOSE]),
        ('of_a_bad_chunk_size',
         [b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\nzz\r\n', CLOSE]),
        ('of_a_chunk_without_its_end',
         [b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokXX0\r\n\r\n', CLOSE]),
        ('of_a_negative_chunk_size',
         [b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\nok\r\n0\r\n\r\n', CLOSE]),
        ('of_an_overflowing_chunk_size',
         [b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
          b'fffffffffffffffff\r\nok\r\n0\r\n\r\n', CLOSE]),
    ]
] + [
    Case('rfc9112_8_reset_of_a_response_until_the_end', request(), (*NOT_PASSED, BROKEN),
         answer=[b'HTTP/1.1 200 OK\r\n\r\nok', RESET]),
]

CASES = STATUS_LINES + FIELDS + LENGTHS + BODILESS + INTERIM + ENDS

"""Where a request's body ends (RFC 9112 §6)."""

from tests.e2e.conformance.model import (NEXT, OK, Case, Expect, chunked, exactly, passed, post,
                                         refused, request)

# As the RFC lets a server do it beside refusing: processed by the coding alone, and closed.
BY_CODING = Expect(end='close', lacks=('content-length',), body=b'', never=(b'smuggled',))
ONE_LENGTH = passed(has={'content-length': ['4']}, body=b'abcd')


def hostile(name, *fields, body=b'', allowed=(), statuses=(), limpet=None, **more):
    return Case(name, request(*fields, **{'method': 'POST', 'body': body + NEXT, **more}),
                (refused(*statuses), *allowed), limpet=limpet or exactly(400))


def bad_length(what, value):
    return hostile(f'rfc9110_8_6_content_length_{what}', f'Content-Length: {value}', body=b'a')


LENGTHS = [
    Case('rfc9112_6_3_content_length_is_passed', post(body=b'abc'),
         passed(body=b'abc', has={'content-length': ['3'], 'transfer-encoding': []})),
    Case('rfc9112_6_3_content_length_0_has_no_body', post(), passed(body=b'')),
    Case('rfc9112_6_3_request_without_length_has_no_body', request(method='POST'),
         passed(body=b'')),
    Case('rfc9110_8_6_content_length_with_leading_zeros',
         request('Content-Length: 0003', method='POST', body=b'abc'),
         (passed(body=b'abc'), refused())),
    Case('rfc9110_9_3_1_get_with_a_body', request('Content-Length: 3', body=b'abc'),
         passed(body=b'abc')),
    Case('rfc9110_9_3_5_delete_with_a_body',
         request('Content-Length: 3', method='DELETE', body=b'abc'), passed(body=b'abc')),
    Case('rfc9112_6_3_bytes_behind_the_body_are_the_next_request',
         post(body=b'abc', target='/1') + request(target='/2'),
         passed(status=(200, 200), requests=2,
                lines=(b'POST /1 HTTP/1.1', b'GET /2 HTTP/1.1'))),
    hostile('rfc9112_6_3_two_equal_content_lengths', 'Content-Length: 4', 'Content-Length: 4',
            body=b'abcd', allowed=(
                Expect(status=(200, 200), requests=2, has={'content-length': ['4']},
                       body=b'abcd'),)),
    hostile('rfc9112_6_3_two_different_content_lengths', 'Content-Length: 1', 'Content-Length: 4',
            body=b'abcd'),
    hostile('rfc9112_6_3_a_list_of_equal_content_lengths', 'Content-Length: 4, 4', body=b'abcd',
            allowed=(Expect(status=(200, 200), requests=2, has={'content-length': ['4']},
                            body=b'abcd'),)),
    hostile('rfc9112_6_3_a_list_of_different_content_lengths', 'Content-Length: 4, 1',
            body=b'abcd'),
    bad_length('with_a_plus', '+1'),
    bad_length('with_a_minus', '-1'),
    bad_length('of_hexadecimal_digits', '0x1'),
    bad_length('with_a_space_inside', '1 1'),
    bad_length('with_a_point', '1.0'),
    bad_length('that_is_empty', ''),
    bad_length('of_letters', 'one'),
    bad_length('with_a_comma_behind', '1,'),
    bad_length('with_a_semicolon_behind', '1;'),
    bad_length('beyond_64_bits', '18446744073709551617'),
    bad_length('that_wraps_to_a_small_number', '36893488147419103233'),
    bad_length('with_a_form_feed', '\x0c1'),
    bad_length('with_a_high_digit', '\xb2'),
    hostile('rfc9112_5_1_space_before_the_colon_of_content_length', 'Content-Length : 1',
            body=b'a'),
    Case('rfc9112_6_3_underscore_is_another_field',
         request('Content_Length: 5', method='POST'), passed(body=b'')),
]

CODINGS = [
    Case('rfc9112_7_1_chunked_is_passed', chunked(b'abc', b'de'),
         passed(body=b'abcde'), limpet=passed(body=b'abcde', has={'content-length': []})),
    Case('rfc9112_7_coding_names_ignore_case',
         request('Transfer-Encoding: ChUnKeD', method='POST', body=b'1\r\na\r\n0\r\n\r\n'),
         passed(body=b'a')),
    Case('rfc9112_7_1_bytes_behind_the_last_chunk_are_the_next_request',
         chunked(b'abc', target='/1') + request(target='/2'),
         passed(status=(200, 200), requests=2,
                lines=(b'POST /1 HTTP/1.1', b'GET /2 HTTP/1.1'))),
    hostile('rfc9112_6_3_content_length_and_transfer_encoding', 'Content-Length: 5',
            'Transfer-Encoding: chunked', body=b'0\r\n\r\n', allowed=(BY_CODING,)),
    hostile('rfc9112_6_3_transfer_encoding_and_content_length', 'Transfer-Encoding: chunked',
            'Content-Length: 5', body=b'0\r\n\r\n', allowed=(BY_CODING,)),
    hostile('rfc9112_6_3_content_length_0_and_transfer_encoding', 'Content-Length: 0',
            'Transfer-Encoding: chunked', body=b'0\r\n\r\n', allowed=(BY_CODING,)),
    hostile('rfc9112_6_3_content_length_and_an_unknown_coding', 'Content-Length: 5',
            'Transfer-Encoding: x', body=b'0\r\n\r\n', statuses=(501,), limpet=exactly(400, 501)),
    hostile('rfc9112_6_3_chunked_is_not_last', 'Transfer-Encoding: chunked, gzip',
            body=b'0\r\n\r\n', statuses=(501,)),
    hostile('rfc9112_6_1_chunked_twice', 'Transfer-Encoding: chunked, chunked',
            body=b'0\r\n\r\n', statuses=(501,)),
    hostile('rfc9112_6_1_chunked_in_two_lines', 'Transfer-Encoding: chunked',
            'Transfer-Encoding: chunked', body=b'0\r\n\r\n', statuses=(501,)),
    hostile('rfc9112_6_1_chunked_and_identity_in_two_lines', 'Transfer-Encoding: chunked',
            'Transfer-Encoding: identity', body=b'0\r\n\r\n', statuses=(501,)),
    hostile('rfc9112_6_1_empty_coding', 'Transfer-Encoding:', body=b'0\r\n\r\n',
            statuses=(501,)),
    hostile('rfc9112_6_1_vertical_tab_before_chunked', 'Transfer-Encoding: \x0bchunked',
            body=b'0\r\n\r\n', statuses=(501,)),
    hostile('rfc9112_5_1_space_before_the_colon_of_transfer_encoding',
            'Transfer-Encoding : chunked', body=b'0\r\n\r\n'),
    hostile('rfc9112_5_2_folded_transfer_encoding', 'Transfer-Encoding:\r\n chunked',
            body=b'0\r\n\r\n', statuses=(501,), allowed=(
                Expect(status=(200, 200), requests=2, has={'transfer-encoding': ['chunked']}),)),
    *[hostile(f'rfc9112_6_1_unknown_coding_{what}', f'Transfer-Encoding: {value}',
              body=b'0\r\n\r\n', statuses=(501,), limpet=exactly(501)) for what, value in [
                  ('alone', 'x'), ('that_looks_alike', 'xchunked'), ('with_a_suffix', 'chunkedx'),
                  ('in_quotes', '"chunked"'), ('identity', 'identity'),
                  ('with_a_parameter', 'chunked;q=1'), ('gzip', 'gzip'),
                  ('separated_by_a_space', 'gzip chunked')]],
    Case('rfc9112_6_1_unknown_coding_before_chunked',
         request('Transfer-Encoding: gzip, chunked', method='POST', body=b'0\r\n\r\n') + NEXT,
         (refused(422, 501), Expect(status=(200, 200), requests=2,
                                    has={'transfer-encoding': ['gzip, chunked']})),
         limpet=exactly(501)),
    hostile('rfc9112_6_1_transfer_encoding_in_http_1_0', 'Transfer-Encoding: chunked',
            'Connection: keep-alive', body=b'0\r\n\r\n', version='HTTP/1.0',
            allowed=(Expect(end='close', never=(b'smuggled',)),)),
    hostile('rfc9112_6_1_transfer_encoding_and_length_in_http_1_0', 'Transfer-Encoding: chunked',
            'Content-Length: 5', 'Connection: keep-alive', body=b'0\r\n\r\n', version='HTTP/1.0',
            allowed=(Expect(end='close', never=(b'smuggled',)),)),
]

ENDS = [
    Case('rfc9112_8_body_shorter_than_its_length_is_never_whole',
         [request('Content-Length: 10', method='POST', body=b'abc'), 'fin'],
         Expect(status=({400, 408, 499, 502, 'closed'},), end='close', requests={0, 1},
                whole=False), answer=OK),
    Case('rfc9112_8_chunks_without_an_end_are_never_whole',
         [request('Transfer-Encoding: chunked', method='POST', body=b'3\r\nabc\r\n'), 'fin'],
         Expect(status=({400, 408, 499, 502, 'closed'},), end='close', requests={0, 1},
                whole=False)),
    Case('rfc9112_8_half_a_head', [b'GET / HTTP/1.1\r\nHost: h\r\n', 'fin'],
         Expect(status=({400, 408, 'closed'},), end='close', requests=0)),
]

CASES = LENGTHS + CODINGS + ENDS

"""Field lines of requests (RFC 9112 §5, RFC 9110 §5)."""

import re

from tests.e2e.conformance.model import (NEXT, Case, Expect, exactly, passed, refused, request)

# RFC 9110 §5.5 lets a reader replace CR, LF and NUL by a space; nothing of the kind is passed on.
CLEANED = Expect(status=(200, 200), requests=2, never=(b'\0', b'\rb'))
UNFOLDED = re.compile('a[ \t]+b')
DROPPED = Expect(status=(200, 200), requests=2, never=(b'zzz',))


def bad(name, field, *allowed, limpet=None):
    data = field if isinstance(field, bytes) else field.encode('latin-1')
    return Case(name, b'GET / HTTP/1.1\r\nHost: h\r\n' + data + b'\r\n\r\n' + NEXT,
                (refused(), *allowed), limpet=limpet or exactly(400))


GRAMMAR = [
    bad('rfc9112_5_1_space_before_the_colon', 'zzz : b'),
    bad('rfc9112_5_1_tab_before_the_colon', 'zzz\t: b'),
    bad('rfc9112_5_1_no_colon', 'zzz', DROPPED),
    bad('rfc9112_5_1_no_name', ': zzz', DROPPED),
    bad('rfc9110_5_1_space_in_a_name', 'zzz a: b', DROPPED),
    bad('rfc9110_5_1_control_character_in_a_name', 'zzz\x01: b', DROPPED),
    bad('rfc9110_5_1_nul_in_a_name', 'zzz\0: b'),
    bad('rfc9110_5_1_parenthesis_in_a_name', 'zzz(: b', DROPPED),
    bad('rfc9110_5_1_quote_in_a_name', 'zzz": b', DROPPED),
    bad('rfc9110_5_1_slash_in_a_name', 'zzz/: b', DROPPED),
    bad('rfc9110_5_1_high_byte_in_a_name', 'zzz\xe9: b', DROPPED),
    bad('rfc9110_5_5_nul_in_a_value', 'A: a\0b', CLEANED),
    bad('rfc9110_5_5_control_character_in_a_value', 'A: a\x01b',
        Expect(status=(200, 200), requests=2), limpet=exactly(400)),
    bad('rfc9110_5_5_delete_in_a_value', 'A: a\x7fb',
        Expect(status=(200, 200), requests=2), limpet=exactly(400)),
    bad('rfc9112_2_2_bare_carriage_return_in_a_value', 'A: a\rb', CLEANED),
    bad('rfc9112_2_2_bare_carriage_return_before_a_forged_field', 'A: a\rContent-Length: 40',
        Expect(status=(200, 200), requests=2, never=(b'\rC',))),
    bad('rfc9112_2_2_two_carriage_returns_at_a_lines_end', 'A: a\r\r\nB: c',
        Expect(status=(200, 200), requests=2, never=(b'\r\r',))),
    bad('rfc9112_2_2_bare_line_feed_between_fields', 'A: a\nB: c',
        Expect(status=(200, 200), requests=2, has={'a': ['a'], 'b': ['c']})),
    Case('rfc9112_2_2_bare_line_feed_at_the_heads_end',
         b'GET / HTTP/1.1\r\nHost: h\r\n\n' + NEXT,
         (refused(), Expect(status=(200, 200), requests=2)), limpet=exactly(400)),
    Case('rfc9112_2_2_line_feeds_alone', b'GET / HTTP/1.1\nHost: h\n\n' + NEXT,
         (refused(), Expect(status=(200, 200), requests=2)), limpet=exactly(400)),
    bad('rfc9112_5_2_folded_line', 'A: a\r\n b',
        Expect(status=(200, 200), requests=2, has={'a': [UNFOLDED]})),
    bad('rfc9112_5_2_folded_line_with_a_tab', 'A: a\r\n\tb',
        Expect(status=(200, 200), requests=2, has={'a': [UNFOLDED]})),
    bad('rfc9112_5_2_folded_line_that_forges_a_field', 'A: a\r\n Content-Length: 40',
        Expect(status=(200, 200), requests=2, has={'content-length': []})),
    Case('rfc9112_2_2_white_space_before_the_first_field',
         b'GET / HTTP/1.1\r\n A: b\r\nHost: h\r\n\r\n' + NEXT,
         (refused(), Expect(status=(200, 200), requests=2, has={'a': []})), limpet=exactly(400)),
    Case('rfc9112_2_2_white_space_line_before_the_fields',
         b'GET / HTTP/1.1\r\n \r\nHost: h\r\n\r\n' + NEXT,
         (refused(), Expect(status=(200, 200), requests=2)), limpet=exactly(400)),
]

PASSED = [
    Case('rfc9110_5_5_white_space_around_a_value', request('A: \t a b \t '),
         passed(has={'a': ['a b']})),
    Case('rfc9112_5_1_no_space_behind_the_colon', request('A:b'), passed(has={'a': ['b']})),
    Case('rfc9110_5_5_empty_value', request('A:'), passed(has={'a': ['']})),
    Case('rfc9110_5_5_obsolete_text', request('A: caf\xe9'), passed(has={'a': ['caf\xe9']})),
    Case('rfc9110_5_5_colons_and_quotes', request('A: b:"c\\"d", e'),
         passed(has={'a': ['b:"c\\"d", e']})),
    Case('rfc9110_5_1_name_of_odd_token_characters', request("X!#$%&'*+.^`|~1: b"),
         (passed(has={"x!#$%&'*+.^`|~1": ['b']}), passed(has={"x!#$%&'*+.^`|~1": []})),
         limpet=passed(has={"x!#$%&'*+.^`|~1": ['b']})),
    Case('rfc9110_5_3_order_of_equal_names', request('A: 1', 'B: x', 'A: 2', 'A: 3'),
         passed(has={'a': ['1', '2', '3']})),
    Case('rfc9110_5_1_unknown_fields_are_passed', request('X-Anything: 1', 'X_Under: 2'),
         (passed(has={'x-anything': ['1']})),
         limpet=passed(has={'x-anything': ['1'], 'x_under': ['2']})),
    Case('rfc9110_10_1_5_user_agent_and_accept',
         request('User-Agent: u/1 (x)', 'Accept: */*', 'Accept-Encoding: gzip, br'),
         passed(has={'user-agent': ['u/1 (x)'], 'accept': ['*/*'],
                     'accept-encoding': ['gzip, br']})),
    Case('rfc9110_11_6_2_authorization', request('Authorization: Basic eDp5'),
         passed(has={'authorization': ['Basic eDp5']})),
    Case('rfc9110_13_1_conditions', request('If-None-Match: "a"', 'If-Modified-Since: x'),
         passed(has={'if-none-match': ['"a"'], 'if-modified-since': ['x']})),
    Case('rfc9110_14_2_range', request('Range: bytes=0-1'), passed(has={'range': ['bytes=0-1']})),
    Case('rfc9110_5_5_long_value', request('A: ' + 'b' * 4000), passed(has={'a': ['b' * 4000]})),
    Case('rfc9110_5_3_fifty_fields', request(*[f'X-{i}: {i}' for i in range(50)]),
         passed(has={'x-0': ['0'], 'x-49': ['49']})),
]

COOKIES = [
    Case('rfc6265_5_4_cookie_is_passed', request('Cookie: a=1; b="2"; c'),
         passed(has={'cookie': ['a=1; b="2"; c']})),
    # RFC 9113 §8.2.3 says how; over HTTP/1.1 there may be one line alone.
    Case('rfc6265_5_4_cookie_crumbs_are_joined', request('Cookie: a=1', 'A: x', 'Cookie: b=2'),
         (passed(has={'cookie': ['a=1; b=2']}), passed(has={'cookie': ['a=1', 'b=2']})),
         limpet=passed(has={'cookie': ['a=1; b=2'], 'a': ['x']})),
    Case('rfc6265_4_2_odd_cookies_are_passed', request('Cookie: =; ;a==b;c'),
         passed(has={'cookie': ['=; ;a==b;c']})),
]

CASES = GRAMMAR + PASSED + COOKIES

"""Request lines and targets (RFC 9112 §2.2, §3)."""

from tests.e2e.conformance.model import (NEXT, Case, Expect, exactly, passed, refused, request)


def line(name, text, *allowed, statuses=(), limpet=None):
    data = text if isinstance(text, bytes) else text.encode('latin-1')
    return Case(name, data + b'\r\nHost: h\r\n\r\n' + NEXT, (refused(*statuses), *allowed),
                limpet=limpet or exactly(400))


def target(name, text):
    """A target that is passed on as it is."""
    return Case(name, request(target=text), passed(line=f'GET {text} HTTP/1.1'.encode()))


def absolute(name, text, upstream, host):
    """RFC 9112 §3.2.1 wants origin-form of who speaks to a server, and §3.2.2 wants servers to take
    the other one, too."""
    return Case(name, request(target=text, host=host),
                tuple(passed(line=f'GET {line} HTTP/1.1'.encode(), has={'host': [host]})
                      for line in (upstream, text)),
                limpet=passed(line=f'GET {upstream} HTTP/1.1'.encode(), has={'host': [host]}))


LINES = [
    Case('rfc9112_2_2_one_empty_line_before_a_request_is_skipped', b'\r\n' + request(), passed()),
    Case('rfc9112_2_2_empty_line_between_requests_is_skipped',
         request(target='/1') + b'\r\n' + request(target='/2'),
         passed(status=(200, 200), requests=2)),
    line('rfc9112_3_two_spaces_before_the_target', 'GET  / HTTP/1.1',
         Expect(status=(200, 200), requests=2, line=b'GET / HTTP/1.1')),
    line('rfc9112_3_two_spaces_before_the_version', 'GET /  HTTP/1.1',
         Expect(status=(200, 200), requests=2, line=b'GET / HTTP/1.1')),
    line('rfc9112_3_tab_before_the_target', 'GET\t/ HTTP/1.1',
         Expect(status=(200, 200), requests=2, line=b'GET / HTTP/1.1')),
    line('rfc9112_3_space_behind_the_version', 'GET / HTTP/1.1 ',
         Expect(status=(200, 200), requests=2, line=b'GET / HTTP/1.1')),
    line('rfc9112_3_space_before_the_method', ' GET / HTTP/1.1'),
    line('rfc9112_2_2_bare_line_feed_behind_the_request_line', b'GET / HTTP/1.1\nA: b',
         Expect(status=(200, 200), requests=2, has={'a': ['b']})),
    line('rfc9112_2_2_bare_carriage_return_behind_the_request_line', b'GET / HTTP/1.1\rA: b'),
    line('rfc9112_3_no_target', 'GET HTTP/1.1'),
    line('rfc9112_3_space_in_the_target', 'GET /a b HTTP/1.1'),
    line('rfc9110_9_1_method_that_is_no_token', 'G@T / HTTP/1.1'),
    line('rfc9110_9_1_nul_in_the_method', 'GE\0T / HTTP/1.1'),
    line('rfc9110_9_1_colon_in_the_method', 'GET: / HTTP/1.1'),
    line('rfc9112_3_2_nul_in_the_target', 'GET /a\0b HTTP/1.1'),
    line('rfc9112_3_2_control_character_in_the_target', 'GET /a\x01b HTTP/1.1'),
    line('rfc9112_3_2_delete_in_the_target', 'GET /a\x7fb HTTP/1.1'),
    line('rfc9112_3_2_carriage_return_in_the_target', 'GET /a\rb HTTP/1.1'),
    line('rfc9112_3_2_tab_in_the_target', 'GET /a\tb HTTP/1.1'),
    line('rfc9112_3_2_high_byte_in_the_target', b'GET /\xc3\xa9 HTTP/1.1',
         Expect(status=(200, 200), requests=2, line=b'GET /%C3%A9 HTTP/1.1')),
    line('rfc9112_3_2_fragment_in_the_target', 'GET /a#b HTTP/1.1',
         Expect(status=(200, 200), requests=2, line=b'GET /a HTTP/1.1')),
    line('rfc9112_3_2_1_target_without_a_slash', 'GET a HTTP/1.1'),
    Case('rfc9110_9_1_unknown_method_is_passed', request(method='PROPFIND'),
         passed(line=b'PROPFIND / HTTP/1.1')),
    Case('rfc9110_9_1_method_of_odd_token_characters', request(method="M-!#$'*+.^_`|~1"),
         (passed(line=b"M-!#$'*+.^_`|~1 / HTTP/1.1"), refused(405, 501)),
         limpet=passed(line=b"M-!#$'*+.^_`|~1 / HTTP/1.1")),
    Case('rfc9110_9_1_methods_are_case_sensitive', request(method='get'),
         (passed(line=b'get / HTTP/1.1'), refused(405, 501)),
         limpet=passed(line=b'get / HTTP/1.1')),
    Case('rfc9112_3_head_in_single_bytes', [bytes([each]) for each in request('A: b')],
         passed(has={'a': ['b']})),
]

VERSIONS = [
    Case('rfc9110_2_5_later_minor_version_is_read_as_1_1', request(version='HTTP/1.2'),
         (passed(line=b'GET / HTTP/1.1'), refused(505)), limpet=passed(line=b'GET / HTTP/1.1')),
    line('rfc9112_2_3_http_0_9', 'GET /'),
    line('rfc9112_2_3_version_in_lower_case', 'GET / http/1.1', statuses=(505,)),
    line('rfc9112_2_3_no_minor_version', 'GET / HTTP/1', statuses=(505,)),
    line('rfc9112_2_3_two_digits', 'GET / HTTP/1.10', statuses=(505,)),
    line('rfc9112_2_3_zero_first', 'GET / HTTP/01.1', statuses=(505,)),
    line('rfc9112_2_3_letters', 'GET / HTTP/1.x', statuses=(505,)),
    line('rfc9112_2_3_other_protocol', 'GET / ICY/1.1', statuses=(505,)),
    line('rfc9110_15_6_6_version_3', 'GET / HTTP/3.0', statuses=(505,), limpet=exactly(505)),
    Case('rfc9113_3_4_preface_of_http_2', b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
         refused(405, 505), limpet=exactly(505)),
    Case('rfc9112_9_3_http_1_0_is_answered_and_closed', request(version='HTTP/1.0'),
         passed(end='close', text=b'ok')),
    Case('rfc9112_3_2_http_1_0_without_host', request(version='HTTP/1.0', host=None),
         passed(end='close')),
]

TARGETS = [
    target('rfc9112_3_2_1_origin_form', '/a/b?c=d&e'),
    target('rfc9112_3_2_1_escapes_are_not_touched', '/%41%2f%2F%7e?%20'),
    target('rfc3986_3_3_dots_are_not_touched_in_front_of_the_route', '/a/./b'),
    target('rfc9112_3_2_1_empty_segments', '//a//b'),
    target('rfc9112_3_2_1_empty_query', '/a?'),
    target('rfc9112_3_2_1_question_marks', '/?a?b=/'),
    target('rfc3986_2_2_reserved_characters', "/:@!$&'()*+,;=?:@!$&'()*+,;=/?"),
    absolute('rfc9112_3_2_2_absolute_form', 'http://other.test:81/a?b', '/a?b', 'other.test:81'),
    absolute('rfc9112_3_2_2_absolute_form_without_path', 'http://other.test', '/', 'other.test'),
    absolute('rfc9110_4_2_3_absolute_form_with_query_alone', 'http://other.test?a', '/?a',
             'other.test'),
    absolute('rfc9110_4_2_3_scheme_ignores_case', 'HTTP://other.test/a', '/a', 'other.test'),
    absolute('rfc9112_3_2_2_absolute_form_of_https', 'https://other.test/a', '/a', 'other.test'),
    Case('rfc9112_3_2_1_absolute_form_becomes_origin_form', request(target='http://h/a?b'),
         passed(line=b'GET /a?b HTTP/1.1')),
    Case('rfc9112_3_2_2_host_is_that_of_the_absolute_form', request(target='http://other.test/a'),
         (passed(has={'host': ['other.test']}), refused()),
         limpet=passed(line=b'GET /a HTTP/1.1', has={'host': ['other.test']})),
    Case('rfc9112_3_2_2_absolute_form_in_http_1_0',
         request(target='http://other.test/a', version='HTTP/1.0', host=None),
         passed(end='close', has={'host': ['other.test']})),
    line('rfc9112_3_2_2_other_scheme', 'GET ftp://h/ HTTP/1.1', statuses=(421,)),
    line('rfc9110_4_2_1_absolute_form_without_authority', 'GET http:///a HTTP/1.1'),
    line('rfc9110_4_2_4_absolute_form_with_user', 'GET http://u:p@h/ HTTP/1.1'),
    line('rfc9112_3_2_3_connect', 'CONNECT h:443 HTTP/1.1', statuses=(405, 501)),
    line('rfc9112_3_2_3_authority_form_of_another_method', 'GET h:80 HTTP/1.1'),
    Case('rfc9112_3_2_4_options_asterisk', request(method='OPTIONS', target='*'),
         (passed(line=b'OPTIONS * HTTP/1.1'), Expect(requests=0, status=({200, 204},))),
         limpet=passed(line=b'OPTIONS * HTTP/1.1')),
    Case('rfc9112_3_2_4_options_of_a_server_in_absolute_form',
         request(method='OPTIONS', target='http://other.test', host='other.test'),
         passed(line=b'OPTIONS * HTTP/1.1', has={'host': ['other.test']})),
    line('rfc9112_3_2_4_asterisk_of_another_method', 'GET * HTTP/1.1'),
    Case('rfc9110_9_3_7_options_of_a_resource', request(method='OPTIONS', target='/a'),
         passed(line=b'OPTIONS /a HTTP/1.1')),
    Case('rfc9110_9_3_8_trace_is_passed_or_refused', request(method='TRACE'),
         (passed(line=b'TRACE / HTTP/1.1'), Expect(status=({405, 501},), end='any', requests=0))),
]

CASES = LINES + VERSIONS + TARGETS

"""The Host field (RFC 9112 §3.2, RFC 9110 §7.2)."""

from tests.e2e.conformance.model import NEXT, Case, Expect, exactly, passed, refused, request


def bad(what, value, *allowed):
    return Case(f'rfc9110_7_2_host_{what}', request(host=value) + NEXT, (refused(), *allowed),
                limpet=exactly(400))


def good(what, value):
    return Case(f'rfc9110_7_2_host_{what}_is_kept', request(host=value),
                passed(has={'host': [value]}))


CASES = [
    good('name', 'a.example'), good('with_a_port', 'a.example:8000'),
    good('with_another_port', 'a.example:1'), good('in_upper_case', 'A.Example'),
    good('of_ipv4', '192.0.2.1'), good('of_ipv6', '[2001:db8::1]'),
    good('of_ipv6_with_a_port', '[2001:db8::1]:80'), good('with_a_dot_behind', 'a.example.'),
    good('with_an_underscore', 'a_b'),
    Case('rfc9112_3_2_no_host', request(host=None) + NEXT, refused(), limpet=exactly(400)),
    Case('rfc9112_3_2_two_hosts', request('Host: other') + NEXT, refused(), limpet=exactly(400)),
    Case('rfc9112_3_2_two_equal_hosts', request('Host: h') + NEXT, refused(),
         limpet=exactly(400)),
    Case('rfc9112_3_2_two_hosts_and_absolute_form',
         request('Host: h', target='http://h/') + NEXT, refused(), limpet=exactly(400)),
    Case('rfc9112_3_2_no_host_and_absolute_form',
         request(host=None, target='http://h/') + NEXT, refused(), limpet=exactly(400)),
    Case('rfc9112_3_2_two_hosts_in_http_1_0',
         request('Host: other', version='HTTP/1.0') + NEXT, refused(), limpet=exactly(400)),
    Case('rfc9112_5_1_space_before_the_colon_of_host',
         request('Host : h', host=None) + NEXT, refused(), limpet=exactly(400)),
    Case('rfc9112_5_2_folded_host', request('Host:\r\n h', host=None) + NEXT,
         (refused(), Expect(status=(200, 200), requests=2, has={'host': ['h']})),
         limpet=exactly(400)),
    bad('with_a_user', 'u@h'), bad('with_a_path', 'h/a'), bad('with_a_query', 'h?a'),
    bad('with_a_fragment', 'h#a'), bad('with_a_space', 'h i'), bad('with_a_tab', 'h\ti'),
    bad('with_a_scheme', 'http://h'), bad('with_two_ports', 'h:1:2'),
    bad('with_a_port_of_letters', 'h:a'), bad('with_an_open_bracket', '[::1'),
    bad('with_text_behind_the_bracket', '[::1]a'), bad('with_a_nul', 'h\0i'),
    bad('with_a_backslash', 'h\\i'), bad('with_a_comma_and_another', 'h, i'),
    bad('with_control_characters', 'h\x01'),
    Case('rfc9110_7_2_port_too_great', request(host='h:65536') + NEXT,
         (refused(), Expect(status=(200, 200), requests=2, has={'host': ['h:65536']})),
         limpet=exactly(400)),
    Case('rfc9112_3_2_empty_host', request(host=None).replace(b'\r\n\r\n', b'\r\nHost:\r\n\r\n')
         + NEXT, (refused(), Expect(status=(200, 200), requests=2, has={'host': ['']})),
         limpet=exactly(400)),
]

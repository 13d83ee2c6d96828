"""The chunked coding in requests (RFC 9112 §7.1). A body that turns out wrong may have been passed
on in part, but is never whole for the endpoint, and nothing behind it is a request."""

from tests.e2e.conformance.model import (CLOSED, NEXT, Case, Expect, chunked, exactly, passed,
                                         request)

WRONG = Expect(status=({400, 408, 413, 431, 502, CLOSED},), end='close', requests={0, 1},
               whole=False, never=(b'GET /smuggled',))
STRICT = exactly(400)


def body(data, *fields):
    return request('Transfer-Encoding: chunked', *fields, method='POST', body=data)


def bad(what, data, allowed=()):
    return Case(f'rfc9112_7_1_{what}', body(data) + NEXT, (WRONG, *allowed), limpet=STRICT)


# What a lenient reader takes for a line's end or skips, and passes on as it ought to be.
TWO = Expect(status=(200, 200), requests=2, body=b'a', never=(b'\0', b' ;'))

SIZES = [
    Case('rfc9112_7_1_sizes_in_either_case',
         body(b'A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n'), passed(body=20)),
    Case('rfc9112_7_1_sizes_with_leading_zeros', body(b'0003\r\nabc\r\n000\r\n\r\n'),
         passed(body=b'abc')),
    Case('rfc9112_7_1_last_chunk_of_many_zeros', body(b'1\r\na\r\n0000\r\n\r\n'),
         passed(body=b'a')),
    Case('rfc9112_7_1_no_data_at_all', chunked(), passed(body=b'')),
    Case('rfc9112_7_1_many_small_chunks', chunked(*[b'x'] * 2000), passed(body=2000)),
    Case('rfc9112_7_1_every_byte_on_its_own',
         [bytes([each]) for each in body(b'2;x=y\r\nab\r\n0\r\nA: b\r\n\r\n')],
         passed(body=b'ab')),
    bad('no_size', b'\r\na\r\n0\r\n\r\n'),
    bad('size_with_a_plus', b'+1\r\na\r\n0\r\n\r\n'),
    bad('size_with_a_minus', b'-1\r\na\r\n0\r\n\r\n'),
    bad('size_with_0x', b'0x1\r\na\r\n0\r\n\r\n'),
    bad('size_that_is_no_digit', b'g\r\na\r\n0\r\n\r\n'),
    bad('space_before_the_size', b' 1\r\na\r\n0\r\n\r\n'),
    bad('space_behind_the_size', b'1 \r\na\r\n0\r\n\r\n', (TWO,)),
    bad('underscore_in_the_size', b'0_1\r\na\r\n0\r\n\r\n'),
    bad('size_beyond_64_bits', b'10000000000000001\r\na\r\n0\r\n\r\n'),
    bad('size_that_wraps', b'100000000000000000001\r\na\r\n0\r\n\r\n'),
    bad('size_of_sixteen_digits', b'ffffffffffffffff\r\na'),
    bad('nul_behind_the_size', b'1\0\r\na\r\n0\r\n\r\n'),
]

LINE_ENDS = [
    bad('bare_line_feed_behind_the_size', b'1\na\r\n0\r\n\r\n', (TWO,)),
    bad('bare_carriage_return_behind_the_size', b'1\ra\r\n0\r\n\r\n'),
    bad('bare_line_feed_behind_the_data', b'1\r\na\n0\r\n\r\n', (TWO,)),
    bad('data_longer_than_its_size', b'1\r\nab\r\n0\r\n\r\n'),
    bad('data_shorter_than_its_size', b'3\r\na\r\n0\r\n\r\n'),
    bad('no_line_end_behind_the_data', b'1\r\na0\r\n\r\n'),
    bad('two_other_bytes_behind_the_data', b'1\r\naXX0\r\n\r\n'),
    bad('carriage_return_twice_behind_the_size', b'1\r\r\na\r\n0\r\n\r\n'),
    bad('bare_line_feed_behind_the_last_chunk', b'1\r\na\r\n0\n\r\n', (TWO,)),
    bad('bare_line_feed_at_the_end', b'1\r\na\r\n0\r\n\n', (TWO,)),
    bad('bare_carriage_return_at_the_end', b'1\r\na\r\n0\r\n\rX'),
]

EXTENSIONS = [
    Case('rfc9112_7_1_1_extensions_are_ignored',
         body(b'1;a\r\na\r\n1;b=c\r\nb\r\n1;d="e f"\r\nc\r\n0;last\r\n\r\n'), passed(body=b'abc')),
    Case('rfc9112_7_1_1_extension_with_a_quoted_semicolon',
         body(b'1;a=";"\r\na\r\n0\r\n\r\n'), passed(body=b'a')),
    Case('rfc9112_7_1_1_white_space_before_an_extension',
         body(b'1 ;a\r\na\r\n0\r\n\r\n') + NEXT, (WRONG, TWO), limpet=STRICT),
    Case('rfc9112_7_1_1_bare_line_feed_in_an_extension',
         body(b'1;a\nb\r\n0\r\n\r\n') + NEXT,
         (WRONG, Expect(status=(200, 200), requests=2, body=b'b', never=(b'a\n',))),
         limpet=STRICT),
    Case('rfc9112_7_1_1_bare_carriage_return_in_an_extension',
         body(b'1;a\rb\r\na\r\n0\r\n\r\n') + NEXT, WRONG, limpet=STRICT),
    Case('rfc9112_7_1_1_nul_in_an_extension',
         body(b'1;a\0b\r\na\r\n0\r\n\r\n') + NEXT, (WRONG, TWO), limpet=STRICT),
    Case('rfc9112_7_1_1_extension_without_an_end',
         body(b'1;' + b'a' * 100_000 + b'\r\na\r\n0\r\n\r\n') + NEXT, (WRONG, TWO),
         limpet=STRICT),
    Case('rfc9112_7_1_1_extensions_that_outweigh_the_data',
         body((b'1;' + b'a' * 900 + b'\r\na\r\n') * 200 + b'0\r\n\r\n'),
         (WRONG, passed(body=200)),
         limpet=Expect(status=(400,), end='close', requests={0, 1}, whole=False)),
]

TRAILERS = [
    Case('rfc9112_7_1_2_trailers_do_not_disturb', chunked(b'a', end=b'0\r\nA: b\r\nC:d\r\n\r\n'),
         passed(body=b'a')),
    Case('rfc9110_6_5_trailers_are_passed', chunked(b'a', end=b'0\r\nX-Sum: 1\r\n\r\n',
                                                    fields=('Trailer: X-Sum',)),
         passed(body=b'a'), limpet=passed(trailers=(b'X-Sum: 1',))),
    Case('rfc9110_6_5_request_behind_trailers',
         chunked(b'a', end=b'0\r\nA: b\r\n\r\n') + request(target='/2'),
         passed(status=(200, 200), requests=2)),
    bad('folded_trailer', b'0\r\nA: b\r\n c\r\n\r\n', (Expect(status=(200, 200), requests=2),)),
    bad('space_before_a_trailers_colon', b'0\r\nA : b\r\n\r\n',
        (Expect(status=(200, 200), requests=2, trailers=()),)),
    bad('bare_carriage_return_in_a_trailer', b'0\r\nA: b\rc\r\n\r\n',
        (Expect(status=(200, 200), requests=2, trailers=()),)),
    bad('nul_in_a_trailer', b'0\r\nA: b\0c\r\n\r\n',
        (Expect(status=(200, 200), requests=2, trailers=()),)),
    *[Case(f'rfc9110_6_5_1_{name.lower().replace("-", "_")}_is_no_trailer',
           body(b'1\r\na\r\n0\r\n' + f'{name}: {value}'.encode() + b'\r\n\r\n') + NEXT,
           (WRONG, Expect(status=(200, 200), requests=2, trailers=(),
                          never=(b' ' + value.encode(),))), limpet=STRICT)
      for name, value in [('Content-Length', '987'), ('Transfer-Encoding', 'gzip'),
                          ('Host', 'evil')]],
]

CASES = SIZES + LINE_ENDS + EXTENSIONS + TRAILERS

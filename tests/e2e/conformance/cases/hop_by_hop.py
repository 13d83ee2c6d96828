"""Fields of one connection, and those that tell who asked (RFC 9110 §7.6, RFC 7239)."""

from tests.e2e.conformance.model import (CLIENT, Case, Expect, chunked, passed, post, refused,
                                         request, response)


def of_request(name, *fields, lacks=(), has=None, limpet=None, **more):
    return Case(name, request(*fields), passed(lacks=lacks, has=has, **more), limpet=limpet)


def of_response(name, *fields, lacks=(), head=None, **more):
    return Case(name, request(), passed(head_lacks=lacks, head=head, **more),
                answer=response(*fields, body=b'ok'))


REQUESTS = [
    of_request('rfc9110_7_6_1_connection_listed_field', 'Connection: X-Hop', 'X-Hop: 1',
               lacks=('x-hop',)),
    of_request('rfc9110_7_6_1_connection_ignores_case', 'connection: x-HOP', 'X-Hop: 1',
               lacks=('x-hop',)),
    of_request('rfc9110_7_6_1_connection_lists_several', 'Connection: keep-alive, X-A,,X-B',
               'X-A: 1', 'X-B: 2', 'X-C: 3', lacks=('x-a', 'x-b'), has={'x-c': ['3']}),
    of_request('rfc9110_7_6_1_two_connection_lines', 'Connection: X-A', 'X-A: 1',
               'Connection: X-B', 'X-B: 2', lacks=('x-a', 'x-b')),
    of_request('rfc9110_7_6_1_connection_options_are_not_passed', 'Connection: X-A, x-b',
               has={}, limpet=passed(has={'connection': []})),
    of_request('rfc9110_7_6_1_keep_alive', 'Connection: keep-alive, Keep-Alive',
               'Keep-Alive: timeout=5', lacks=('keep-alive',)),
    of_request('rfc9110_7_6_1_keep_alive_that_is_not_listed', 'Keep-Alive: timeout=5',
               lacks=('keep-alive',)),
    of_request('rfc9110_7_6_1_proxy_connection', 'Proxy-Connection: keep-alive',
               lacks=('proxy-connection',)),
    of_request('rfc9110_7_6_1_te_is_for_one_connection', 'Connection: TE', 'TE: gzip',
               has={'te': []}),
    Case('rfc9110_10_1_4_te_trailers_is_passed', request('Connection: TE', 'TE: trailers'),
         (passed(has={'te': ['trailers']}), passed(has={'te': []})),
         limpet=passed(has={'te': ['trailers']})),
    Case('rfc9110_10_1_4_of_te_only_trailers_is_passed',
         request('Connection: TE', 'TE: gzip;q=0.5, trailers'),
         (passed(has={'te': ['trailers']}), passed(has={'te': []})),
         limpet=passed(has={'te': ['trailers']})),
    Case('rfc9110_7_6_1_connection_cannot_take_host', request('Connection: Host'),
         (passed(has={'host': ['h']}), refused()), limpet=passed(has={'host': ['h']})),
    Case('rfc9110_7_6_1_connection_cannot_take_content_length',
         request('Content-Length: 3', 'Connection: Content-Length', method='POST', body=b'abc'),
         (passed(body=b'abc', has={'content-length': ['3']}), refused()),
         limpet=passed(body=b'abc', has={'content-length': ['3']})),
    Case('rfc9110_7_6_1_connection_cannot_take_transfer_encoding',
         chunked(b'abc', fields=('Connection: Transfer-Encoding',)),
         (passed(body=b'abc'), refused()), limpet=passed(body=b'abc')),
    Case('rfc9110_7_6_1_connection_cannot_take_cookies',
         request('Cookie: a=b', 'Connection: Cookie, Cache-Control', 'Cache-Control: no-cache'),
         (passed(has={'cookie': ['a=b']}), passed()),
         limpet=passed(has={'cookie': ['a=b'], 'cache-control': ['no-cache']})),
    Case('rfc9110_7_8_upgrade_of_another_kind_is_not_passed_by_itself',
         request('Upgrade: x'), passed(has={'upgrade': []})),
    Case('rfc9110_7_6_1_body_with_listed_fields',
         post('Connection: X-Hop', 'X-Hop: 1', body=b'abc'), passed(body=b'abc', lacks=('x-hop',))),
]

RESPONSES = [
    of_response('rfc9110_7_6_1_response_connection_listed_field', 'Connection: X-Hop', 'X-Hop: 1',
                lacks=('x-hop',)),
    of_response('rfc9110_7_6_1_response_lists_several', 'Connection: X-A , x-b', 'X-A: 1',
                'X-B: 2', 'X-C: 3', lacks=('x-a', 'x-b'), head={'x-c': ['3']}),
    of_response('rfc9110_7_6_1_response_keep_alive', 'Keep-Alive: timeout=5',
                lacks=('keep-alive',)),
    of_response('rfc9110_7_6_1_response_proxy_connection', 'Proxy-Connection: keep-alive',
                lacks=('proxy-connection',)),
    of_response('rfc9110_7_6_1_endpoints_close_is_not_the_clients', 'Connection: close',
                lacks=('close',)),
    of_response('rfc9110_5_3_order_of_equal_names_in_responses', 'A: 1', 'B: x', 'A: 2',
                head={'a': ['1', '2'], 'b': ['x']}),
    of_response('rfc6265_3_set_cookie_lines_are_kept_apart', 'Set-Cookie: a=1; Expires=Wed, 1',
                'X: y', 'Set-Cookie: b=2', head={'set-cookie': ['a=1; Expires=Wed, 1', 'b=2']}),
    of_response('rfc9110_5_5_obsolete_text_in_responses', 'A: caf\xe9', head={'a': ['caf\xe9']}),
    of_response('rfc9110_5_5_empty_value_in_responses', 'A:', head={'a': ['']}),
    of_response('rfc9110_8_validators_are_kept', 'ETag: "x"', 'Last-Modified: y', 'Vary: a, b',
                head={'etag': ['"x"'], 'last-modified': ['y'], 'vary': ['a, b']}),
    of_response('rfc9110_10_2_2_location_is_kept', 'Location: http://h/a',
                head={'location': ['http://h/a']}),
]

# Who asked: nobody is trusted unless the configuration says so.
FORWARDED = [
    Case('rfc7239_5_2_client_address_is_told', request(),
         passed(has={'x-forwarded-for': [CLIENT]})),
    Case('rfc7239_8_1_forged_x_forwarded_for', request('X-Forwarded-For: 10.0.0.1'),
         passed(has={'x-forwarded-for': [CLIENT]}, never=(b'10.0.0.1',))),
    Case('rfc7239_8_1_forged_x_forwarded_for_in_two_lines',
         request('X-Forwarded-For: 10.0.0.1', 'x-forwarded-for: 10.0.0.2'),
         passed(has={'x-forwarded-for': [CLIENT]}, never=(b'10.0.0',))),
    Case('rfc7239_5_4_scheme_is_told', request('X-Forwarded-Proto: https'),
         passed(has={'x-forwarded-proto': ['http']})),
    Case('rfc7239_5_3_host_is_told', request('X-Forwarded-Host: evil', host='h:81'),
         passed(has={'x-forwarded-host': ['h:81']})),
    Case('rfc7239_5_3_port_is_told', request('X-Forwarded-Port: 1'),
         passed(has={'x-forwarded-port': ['8000']})),
    Case('rfc7239_8_1_forged_forwarded', request('Forwarded: for=10.0.0.1'),
         passed(never=(b'10.0.0.1',))),
    Case('rfc7239_8_1_listing_forwarded_fields_takes_none_away',
         request('Connection: X-Forwarded-For, X-Forwarded-Proto'),
         passed(has={'x-forwarded-proto': ['http'], 'x-forwarded-for': [CLIENT]})),
]

EXPECTATIONS = [
    Case('rfc9110_10_1_1_other_expectations',
         request('Expect: something', 'Content-Length: 3', method='POST', body=b'abc'),
         (passed(body=b'abc'), Expect(status=({417},), end='any', requests=0))),
]

CASES = REQUESTS + RESPONSES + FORWARDED + EXPECTATIONS

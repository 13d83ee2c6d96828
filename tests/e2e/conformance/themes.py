"""The tables of cases, by theme."""

from tests.e2e.conformance.cases import (bodies, chunked, connections, faults, fields,
                                         framing_requests, framing_responses, hop_by_hop, hosts,
                                         limits, request_lines, upgrade)

# What Limpet does not do yet: not played against it.
LATER = {
    'rfc6265_5_4_cookie_crumbs_are_joined',
    'rfc7239_8_1_forged_x_forwarded_for',
    'rfc7239_8_1_forged_x_forwarded_for_in_two_lines',
    'rfc7239_8_1_forged_forwarded',
    'rfc9110_10_1_1_expectation_of_http_1_0_is_ignored',
}

THEMES = {
    'request lines, targets': request_lines.CASES,
    'Host': hosts.CASES,
    'fields': fields.CASES,
    'hop by hop, forwarded': hop_by_hop.CASES,
    'lengths and codings': framing_requests.CASES,
    'chunks': chunked.CASES,
    'responses': framing_responses.CASES,
    'bodies': bodies.CASES,
    'connections': connections.CASES,
    'upgrade': upgrade.CASES,
    'faults': faults.CASES,
    'limits': limits.CASES,
}

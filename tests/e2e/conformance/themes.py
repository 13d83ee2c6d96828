"""The tables of cases, by theme."""

from tests.e2e.conformance.cases import (bodies, chunked, connections, faults, fields,
                                         framing_requests, framing_responses, hop_by_hop, hosts,
                                         limits, request_lines, upgrade)

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

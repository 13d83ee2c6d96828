// What a response tells a browser about pages of other origins (WHATWG Fetch, CORS protocol;
// Gateway API, HTTPCORSFilter).
#pragma once

#include <string>
#include <string_view>

#include "core/routing/route_filters.h"
#include "proxy/http/head.h"

namespace limpet::http {

// The value of Origin; empty: the request says of none.
std::string_view origin_of(const RequestHead& head);

// A browser asks whether it may send another request.
bool is_preflight(const RequestHead& head);

// Appends the fields of every response to the request, as whole lines. Without an origin that is
// allowed they say no more than that others may get another answer, unless all get the same: a
// cache may give it to anybody.
void append_cors(const CorsFilter& cors, const RequestHead& head, std::string& out);

// And, behind those, of the answer to a preflight from an origin that is allowed.
void append_preflight(const CorsFilter& cors, const RequestHead& head, std::string& out);

// Whether the field is one that append_cors() and append_preflight() have the word on.
bool is_cors_field(std::string_view name);

// Whether the names of all fields are to be listed: "*" would mean a field of that name there.
bool exposes_each(const CorsFilter& cors);

// Appends the field that lists the names of `lines`.
void append_exposed(std::string_view lines, std::string& out);

}  // namespace limpet::http

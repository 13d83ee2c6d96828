// The parts of an HTTPRoute's rules, each checked in a file of its own.
#pragma once

#include <string>
#include <string_view>

#include <google/protobuf/repeated_ptr_field.h>

#include "core/validate/report.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {

// ---- http_route.cpp
// A reference to a Service port, or to what else it says.
void validate_reference(const v1::HTTPBackendRef& ref, Report& report);
void validate_reference(const v1::BackendObjectReference& ref, Report& report);
// Of Exact and PathPrefix matches, and of what replaces a path.
std::string check_path(std::string_view value);

// ---- http_match.cpp
void validate_match(const v1::HTTPRouteMatch& match, Report& report);
// Gateway API, HTTPHeaderName: RFC 9110 token.
std::string check_header_name(std::string_view value);

// ---- http_filter.cpp
enum class FilterPlace { kRule, kBackend };
// The list under "filters" of the rule, or of one of its backends.
void validate_filters(const google::protobuf::RepeatedPtrField<v1::HTTPRouteFilter>& filters,
                      FilterPlace place, const v1::HTTPRouteRule& rule, Report& report);

// ---- http_cors.cpp
void validate_cors(const v1::HTTPCORSFilter& cors, Report& report);

// ---- session_persistence.cpp
void validate_persistence(const v1::SessionPersistence& persistence, Report& report);

}  // namespace limpet

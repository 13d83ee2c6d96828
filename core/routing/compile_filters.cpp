#include "core/routing/compile_filters.h"

#include <algorithm>

#include <absl/strings/ascii.h>

#include "core/base/text.h"
#include "core/routing/backend_ref.h"

namespace limpet {
namespace {

using Filters = google::protobuf::RepeatedPtrField<v1::HTTPRouteFilter>;

void add_changes(const v1::HTTPHeaderFilter& filter, HeaderChanges& changes) {
  for (const v1::HTTPHeader& header : filter.set()) {
    changes.set.push_back({header.name(), header.value()});
  }
  for (const v1::HTTPHeader& header : filter.add()) {
    changes.add.push_back({header.name(), header.value()});
  }
  changes.remove.assign(filter.remove().begin(), filter.remove().end());
}

// As it is looked up: without a trailing slash, "" for "/".
std::string prefix_of(const v1::HTTPRouteRule& rule) {
  if (rule.matches().empty() || !rule.matches(0).path().has_value()) return {};
  std::string prefix = rule.matches(0).path().value();
  if (prefix.ends_with('/')) prefix.pop_back();
  return prefix;
}

PathChange compile_path(const v1::HTTPPathModifier& modifier, const v1::HTTPRouteRule& rule) {
  if (modifier.type() == "ReplaceFullPath") {
    return {PathChange::Type::kFull, modifier.replace_full_path(), {}};
  }
  if (modifier.type() == "ReplacePrefixMatch") {
    return {PathChange::Type::kPrefix, modifier.replace_prefix_match(), prefix_of(rule)};
  }
  return {};
}

Redirect compile_redirect(const v1::HTTPRequestRedirectFilter& filter,
                          const v1::HTTPRouteRule& rule) {
  Redirect redirect;
  redirect.scheme = filter.scheme();
  redirect.hostname = absl::AsciiStrToLower(filter.hostname());
  redirect.path = compile_path(filter.path(), rule);
  redirect.port = static_cast<uint16_t>(filter.port());
  if (filter.has_status_code()) redirect.status = filter.status_code();
  return redirect;
}

// A reference that leads nowhere is no part of what is served, and the route has a condition
// (Gateway API, HTTPRequestMirrorFilter.backendRef).
void add_mirror(const v1::HTTPRequestMirrorFilter& filter, const FilterOwner& owner,
                std::vector<RequestMirror>& mirrors) {
  const BackendRef ref(filter.backend_ref());
  if (check_backend(owner.route, ref, owner.grants) != RefProblem::kNone) return;
  RequestMirror mirror;
  mirror.cluster = backend_cluster(owner.route, ref);
  if (filter.has_percent()) {
    mirror.numerator = static_cast<uint32_t>(filter.percent());
    mirror.denominator = 100;
  } else if (filter.has_fraction()) {
    const v1::Fraction& fraction = filter.fraction();
    mirror.numerator = static_cast<uint32_t>(fraction.numerator());
    mirror.denominator =
        fraction.has_denominator() ? static_cast<uint32_t>(fraction.denominator()) : 100;
  }
  mirrors.push_back(std::move(mirror));
}

CorsFilter compile_cors(const v1::HTTPCORSFilter& filter) {
  CorsFilter cors;
  for (const std::string& origin : filter.allow_origins()) {
    if (origin == "*") {
      cors.any_origin = true;
    } else {
      cors.origins.push_back(OriginPattern::parse(origin));
    }
  }
  cors.credentials = filter.allow_credentials();
  cors.methods = join(filter.allow_methods(), ", ");
  cors.headers = join(filter.allow_headers(), ", ");
  cors.exposed = join(filter.expose_headers(), ", ");
  if (filter.has_max_age()) cors.max_age_s = filter.max_age();
  return cors;
}

}  // namespace

std::shared_ptr<const RouteFilters> compile_filters(const Filters& filters,
                                                    const FilterOwner& owner) {
  if (filters.empty()) return nullptr;
  auto compiled = std::make_shared<RouteFilters>();
  for (const v1::HTTPRouteFilter& filter : filters) {
    if (filter.type() == "RequestHeaderModifier") {
      add_changes(filter.request_header_modifier(), compiled->request);
    } else if (filter.type() == "ResponseHeaderModifier") {
      add_changes(filter.response_header_modifier(), compiled->response);
    } else if (filter.type() == "RequestRedirect") {
      compiled->redirect = compile_redirect(filter.request_redirect(), owner.rule);
    } else if (filter.type() == "URLRewrite") {
      compiled->rewrite = UrlRewrite{absl::AsciiStrToLower(filter.url_rewrite().hostname()),
                                     compile_path(filter.url_rewrite().path(), owner.rule)};
    } else if (filter.type() == "RequestMirror") {
      add_mirror(filter.request_mirror(), owner, compiled->mirrors);
    } else if (filter.type() == "CORS") {
      compiled->cors = compile_cors(filter.cors());
    }
  }
  compiled->broken = has_unknown_filter(filters);
  return compiled;
}

bool has_unknown_filter(const Filters& filters) {
  static constexpr std::string_view kKnown[] = {"RequestHeaderModifier", "ResponseHeaderModifier",
                                                "RequestRedirect",       "URLRewrite",
                                                "RequestMirror",         "CORS"};
  return std::any_of(filters.begin(), filters.end(), [](const v1::HTTPRouteFilter& filter) {
    return std::find(std::begin(kKnown), std::end(kKnown), filter.type()) == std::end(kKnown);
  });
}

}  // namespace limpet

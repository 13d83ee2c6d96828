// What a rule or one of its backends does to a request and its response on the way, or answers in
// place of a backend: an HTTPRoute's filters, compiled. Immutable; shared by all requests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/routing/cluster_ref.h"

namespace limpet {

// Gateway API, HTTPHeaderFilter. Names never frame a message or belong to a connection
// (core/validate/http_filter.cpp), and compare in any case.
struct HeaderChanges {
  struct Field {
    std::string name;
    std::string value;
  };
  std::vector<Field> set;  // in place of every field of the name
  std::vector<Field> add;  // beside what is there
  std::vector<std::string> remove;

  bool empty() const { return set.empty() && add.empty() && remove.empty(); }
  // Whether fields of the name that come from elsewhere are left out.
  bool replaces(std::string_view name) const;
};

// Gateway API, HTTPPathModifier.
struct PathChange {
  enum class Type : uint8_t { kNone, kFull, kPrefix };

  Type type = Type::kNone;
  std::string value;   // what there is instead
  std::string prefix;  // that the rule's match has, with kPrefix; without a trailing slash

  // Appends what becomes of the path ("/a/b", without its query): at least "/".
  void apply(std::string_view path, std::string& out) const;
};

// Gateway API, HTTPRequestRedirectFilter. Empty and zero: as the request has it.
struct Redirect {
  std::string scheme;
  std::string hostname;
  PathChange path;
  uint16_t port = 0;
  int status = 302;
};

// Gateway API, HTTPURLRewriteFilter.
struct UrlRewrite {
  std::string hostname;  // empty: unchanged
  PathChange path;
};

// Gateway API, HTTPRequestMirrorFilter: a share of the requests goes to that cluster, too.
struct RequestMirror {
  ClusterRef cluster;
  uint32_t numerator = 1;
  uint32_t denominator = 1;  // not 0
};

// Which origins (RFC 6454 §6.2) an entry of HTTPCORSFilter.allowOrigins means. Scheme and host
// compare in any case, and a scheme's own port is the same as none.
struct OriginPattern {
  std::string begin;      // "https://shop.example.com:8443", or up to the "*": "https://"
  std::string end;        // behind the "*": ".example.com"
  bool wildcard = false;  // between the two: the rest of a host's name, at least a character

  static OriginPattern parse(std::string_view text);
  // Requires: `origin` is in small letters, and without its scheme's own port.
  bool covers(std::string_view origin) const;
};

// Gateway API, HTTPCORSFilter. Lists are as fields have them: "GET, PUT"; "*" stands alone.
struct CorsFilter {
  bool any_origin = false;
  std::vector<OriginPattern> origins;
  bool credentials = false;
  std::string methods;
  std::string headers;
  std::string exposed;
  int64_t max_age_s = 5;

  bool allows(std::string_view origin) const;
  // Whether all origins are told the same.
  bool answers_all_alike() const { return any_origin && !credentials; }
};

struct RouteFilters {
  HeaderChanges request;
  HeaderChanges response;
  std::optional<Redirect> redirect;
  std::optional<UrlRewrite> rewrite;
  std::optional<CorsFilter> cors;
  std::vector<RequestMirror> mirrors;
  // One of them cannot be done: no request may pass without it, so all are answered with 500.
  bool broken = false;
};

}  // namespace limpet

// The rules that a request could fall under, best first: the one order that match() decides by and
// explain() tells of.
#pragma once

#include <string_view>

#include "core/routing/routing_table.h"

namespace limpet {

// How a rule's path came to be looked at.
enum class PathKind : uint8_t { kExact, kPrefix, kPattern };

// Which regular expressions are looked at.
enum class Patterns : uint8_t { kLikely, kAll };  // kLikely: without most that do not take the path

namespace internal {

template <typename Rules, typename Visit>
bool visit_rules(const Rules& rules, PathKind kind, std::string_view path, Visit& visit) {
  for (const RankedRule& ranked : rules) {
    if (visit(ranked, kind, path)) return true;
  }
  return false;
}

// Prefixes match whole segments: "/shop" takes "/shop" and "/shop/cart", not "/shopping".
template <typename Visit>
bool visit_prefixes(const VirtualHost& host, std::string_view path, Visit& visit) {
  // Skip at once what is deeper than any prefix: a path of thousands of slashes costs no more.
  size_t end = path.size();
  uint32_t segments = 0;
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '/') continue;
    if (i != 0 && segments >= host.max_prefix_segments) {
      end = i;
      break;
    }
    ++segments;
  }
  for (std::string_view prefix = path.substr(0, end);;) {
    if (!prefix.empty() && prefix.back() == '/') prefix.remove_suffix(1);
    if (const RankedRules* rules = host.prefixes.find(prefix)) {
      if (visit_rules(*rules, PathKind::kPrefix, prefix, visit)) return true;
    }
    const size_t slash = prefix.rfind('/');
    if (slash == std::string_view::npos) return false;
    prefix = prefix.substr(0, slash + 1);
  }
}

}  // namespace internal

// Calls visit(ranked, kind, path) for each rule of the host whose exact path or prefix the path
// has, and for those with regular expressions, until it returns true; then returns true. Whether
// the rule's conditions hold is left to the visitor. `path` is that of the rule; of a regular
// expression, the request's.
template <typename Visit>
bool visit_candidates(const VirtualHost& host, std::string_view path, Patterns patterns,
                      Visit&& visit) {
  if (!host.exact.empty()) {
    if (const RankedRules* rules = host.exact.find(path)) {
      if (internal::visit_rules(*rules, PathKind::kExact, path, visit)) return true;
    }
  }
  if (!host.prefixes.empty() && internal::visit_prefixes(host, path, visit)) return true;
  if (host.patterns == nullptr) return false;
  const std::vector<RankedRule>& rules = host.patterns->rules;
  if (patterns == Patterns::kAll) {
    return internal::visit_rules(rules, PathKind::kPattern, path, visit);
  }
  return host.patterns->paths.visit_likely(
      path, [&](size_t index) { return visit(rules[index], PathKind::kPattern, path); });
}

}  // namespace limpet

#include "core/routing/match.h"

namespace limpet {
namespace {

const RouteRule* first_rule(const RankedRules* rules) {
  return rules == nullptr ? nullptr : rules->front().rule.get();
}

// Prefixes match whole segments: "/shop" takes "/shop" and "/shop/cart", not "/shopping".
const RouteRule* match_prefix(const VirtualHost& host, std::string_view path) {
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
    if (const RouteRule* rule = first_rule(host.prefixes.find(prefix))) return rule;
    const size_t slash = prefix.rfind('/');
    if (slash == std::string_view::npos) return nullptr;
    prefix = prefix.substr(0, slash + 1);
  }
}

const RouteRule* match_path(const VirtualHost& host, std::string_view path) {
  if (!host.exact.empty()) {
    if (const RouteRule* rule = first_rule(host.exact.find(path))) return rule;
  }
  return host.prefixes.empty() ? nullptr : match_prefix(host, path);
}

}  // namespace

Match match(const RoutingPort& port, std::string_view host, std::string_view path) {
  Match result;
  port.listeners.visit_covering(host, [&](const RoutingListener& listener) {
    result.listener = &listener;
    listener.hosts.visit_covering(host, [&](const VirtualHost& virtual_host) {
      result.rule = match_path(virtual_host, path);
      return result.rule != nullptr;
    });
    return true;
  });
  return result;
}

}  // namespace limpet

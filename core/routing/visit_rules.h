// Every rule of a table, for whoever looks for what only rules know.
#pragma once

#include <string_view>

#include "core/routing/routing_table.h"

namespace limpet {

// visit(rule) for every rule of the host, as often as one has paths there.
template <typename Visit>
void visit_rules(const VirtualHost& host, const Visit& visit) {
  const auto visit_ranked = [&](std::string_view, const RankedRules& rules) {
    for (const RankedRule& ranked : rules) visit(*ranked.rule);
  };
  host.exact.for_each(visit_ranked);
  host.prefixes.for_each(visit_ranked);
  if (host.patterns == nullptr) return;
  for (const RankedRule& ranked : host.patterns->rules) visit(*ranked.rule);
}

// visit(listener, rule), likewise for all of them.
template <typename Visit>
void visit_rules(const RoutingTable& table, const Visit& visit) {
  for (const auto& [number, port] : table.ports) {
    port->listeners.for_each([&](std::string_view, const RoutingListener& listener) {
      listener.hosts.for_each([&](std::string_view, const VirtualHost& host) {
        visit_rules(host, [&](const RouteRule& rule) { visit(listener, rule); });
      });
    });
  }
}

}  // namespace limpet

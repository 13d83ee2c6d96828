#include "core/routing/match.h"

#include "core/routing/candidates.h"

namespace limpet {

Match match(const RoutingPort& port, const RoutedRequest& request) {
  Match result;
  port.listeners.visit_covering(request.host, [&](const RoutingListener& listener) {
    result.listener = &listener;
    listener.hosts.visit_covering(request.host, [&](const VirtualHost& host) {
      return visit_candidates(host, request.path, Patterns::kLikely,
                              [&](const RankedRule& ranked, PathKind, std::string_view) {
                                if (ranked.conditions && !ranked.conditions->hold(request)) {
                                  return false;
                                }
                                result.rule = ranked.rule.get();
                                return true;
                              });
    });
    return true;
  });
  return result;
}

}  // namespace limpet

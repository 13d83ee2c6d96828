#include "core/routing/explain.h"

#include "core/base/text.h"
#include "core/routing/candidates.h"

namespace limpet {
namespace {

std::string path_text(const RankedRule& ranked, PathKind kind, std::string_view path) {
  switch (kind) {
    case PathKind::kExact: return str_cat("Exact ", path);
    case PathKind::kPrefix: return str_cat("PathPrefix ", path.empty() ? "/" : path);
    case PathKind::kPattern: break;
  }
  return str_cat("RegularExpression ", ranked.conditions->path->pattern());
}

std::string value_text(std::string_view what, const ValueMatch& match) {
  return str_cat(", ", what, " ", match.name, match.regex == nullptr ? ": " : " ~ ",
                 match.regex == nullptr ? match.value : match.regex->pattern());
}

std::string asked_for(const RankedRule& ranked, PathKind kind, std::string_view path) {
  std::string text = path_text(ranked, kind, path);
  if (ranked.conditions == nullptr) return text;
  const MatchConditions& own = *ranked.conditions;
  if (!own.method.empty()) text += str_cat(", method ", own.method);
  for (const ValueMatch& header : own.headers) text += value_text("header", header);
  for (const ValueMatch& param : own.params) text += value_text("query parameter", param);
  return text;
}

// The first condition that does not hold; empty when all do.
std::string failed(const RankedRule& ranked, const RoutedRequest& request) {
  if (ranked.conditions == nullptr || ranked.conditions->hold(request)) return {};
  const MatchConditions& own = *ranked.conditions;
  if (own.path != nullptr && !MatchConditions{.path = own.path}.hold(request)) {
    return "its regular expression does not take the path";
  }
  if (!own.method.empty() && own.method != request.method) {
    return str_cat("the method is not ", own.method);
  }
  for (const ValueMatch& header : own.headers) {
    if (!MatchConditions{.headers = {header}}.hold(request)) {
      return str_cat("header ", header.name, " is not as it asks");
    }
  }
  for (const ValueMatch& param : own.params) {
    if (!MatchConditions{.params = {param}}.hold(request)) {
      return str_cat("query parameter ", param.name, " is not as it asks");
    }
  }
  return "its conditions do not hold";
}

// What puts the one that has the request before this one (HTTPRouteRule.matches).
struct Standing {
  PathKind kind = PathKind::kExact;
  std::string path;
  const MatchConditions* conditions = nullptr;
  const RouteRule* rule = nullptr;
  const VirtualHost* host = nullptr;
};

std::string why_before(const Standing& winner, const Standing& other) {
  if (winner.host != other.host) return "its host name is less specific";
  if (winner.kind != other.kind || winner.path != other.path) return "its path is less specific";
  static const MatchConditions kNone;
  const MatchConditions& a = winner.conditions == nullptr ? kNone : *winner.conditions;
  const MatchConditions& b = other.conditions == nullptr ? kNone : *other.conditions;
  if (a.method.empty() != b.method.empty()) return "it asks for no method";
  if (a.headers.size() != b.headers.size()) return "it asks for fewer headers";
  if (a.params.size() != b.params.size()) return "it asks for fewer query parameters";
  if (winner.rule->route_age != other.rule->route_age) return "its route is younger";
  if (winner.rule == other.rule) return "an earlier match of the rule has the request";
  return winner.rule->route() == other.rule->route() ? "it comes later in the route"
                                                     : "its route's name comes later";
}

class Explainer {
 public:
  Explainer(const RoutedRequest& request, Explanation& result)
      : request_(request), result_(result) {}

  void look_at(const VirtualHost& host, const RankedRule& ranked, PathKind kind,
               std::string_view path) {
    Candidate candidate{ranked.rule.get(), ranked.match_index, asked_for(ranked, kind, path),
                        false, failed(ranked, request_)};
    const Standing here{kind,
                        kind == PathKind::kPattern ? ranked.conditions->path->pattern()
                                                   : std::string(path),
                        ranked.conditions.get(), ranked.rule.get(), &host};
    if (candidate.lost.empty() && result_.rule == nullptr) {
      candidate.chosen = true;
      result_.rule = candidate.rule;
      winner_ = here;
    } else if (candidate.lost.empty()) {
      candidate.lost = why_before(winner_, here);
    }
    if (candidate.chosen || result_.candidates.size() < Explanation::kMaxCandidates) {
      result_.candidates.push_back(std::move(candidate));
    } else {
      ++result_.left_out;
    }
  }

 private:
  const RoutedRequest& request_;
  Explanation& result_;
  Standing winner_;
};

}  // namespace

Explanation explain(const RoutingPort& port, const RoutedRequest& request) {
  Explanation result;
  Explainer explainer(request, result);
  port.listeners.visit_covering(request.host, [&](const RoutingListener& listener) {
    result.listener = &listener;
    listener.hosts.visit_covering(request.host, [&](const VirtualHost& host) {
      visit_candidates(host, request.path, Patterns::kAll,
                       [&](const RankedRule& ranked, PathKind kind, std::string_view path) {
                         explainer.look_at(host, ranked, kind, path);
                         return false;
                       });
      return false;
    });
    return true;
  });
  return result;
}

}  // namespace limpet

#include "tests/support/reference_matcher.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <tuple>

#include <re2/re2.h>

namespace limpet::testing {
namespace {

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// Whether the pattern ("", "*.example.com", "a.example.com") takes the host or the other pattern.
bool covers(const std::string& pattern, const std::string& name) {
  if (pattern.empty() || pattern == name) return true;
  if (pattern[0] != '*') return false;
  const std::string below = pattern.substr(1);  // ".example.com"
  const std::string plain = !name.empty() && name[0] == '*' ? name.substr(1) : name;
  if (name.empty()) return false;
  return ends_with(plain, below) && (plain != below || name[0] == '*');
}

// Exact names before wildcards, the longest of these first, before none.
int specificity(const std::string& pattern) {
  if (pattern.empty()) return 0;
  return static_cast<int>(pattern.size()) + (pattern[0] == '*' ? 0 : 10'000);
}

template <typename Object>
std::string name_of(const Object& object) {
  return object.metadata().namespace_() + "/" + object.metadata().name();
}

struct Place {
  const v1::Gateway* gateway = nullptr;
  const v1::Listener* listener = nullptr;
};

// Listener.hostname: the most specific listener of the port that takes the host. Where several ask
// for one host name, that of the oldest Gateway has it; within a Gateway, the first.
std::optional<Place> find_place(const std::vector<v1::Gateway>& gateways,
                                const ReferenceRequest& request) {
  std::optional<Place> best;
  const auto order = [](const Place& place) {
    return std::tuple(-specificity(place.listener->hostname()),
                      place.gateway->metadata().creation_timestamp(),
                      place.gateway->metadata().namespace_(), place.gateway->metadata().name());
  };
  for (const v1::Gateway& gateway : gateways) {
    for (const v1::Listener& listener : gateway.spec().listeners()) {
      if (listener.port() != request.port || listener.protocol() != "HTTP") continue;
      if (!covers(listener.hostname(), request.host)) continue;
      const Place place{&gateway, &listener};
      if (!best || order(place) < order(*best)) best = place;
    }
  }
  return best;
}

// Every namespace has its name as a label; one without an object has no other.
std::map<std::string, std::string> labels_of(const std::vector<v1::Namespace>& namespaces,
                                             const std::string& name) {
  std::map<std::string, std::string> labels;
  for (const v1::Namespace& object : namespaces) {
    if (object.metadata().name() != name) continue;
    for (const auto& [label, value] : object.metadata().labels()) labels[label] = value;
  }
  labels["kubernetes.io/metadata.name"] = name;
  return labels;
}

bool selects(const v1::LabelSelector& selector, const std::map<std::string, std::string>& labels) {
  for (const auto& [label, value] : selector.match_labels()) {
    if (labels.count(label) == 0 || labels.at(label) != value) return false;
  }
  for (const v1::LabelSelector::Requirement& wanted : selector.match_expressions()) {
    const bool exists = labels.count(wanted.key()) != 0;
    bool listed = false;
    for (const std::string& value : wanted.values()) {
      listed = listed || (exists && labels.at(wanted.key()) == value);
    }
    if (wanted.operator_() == "In" && !listed) return false;
    if (wanted.operator_() == "NotIn" && listed) return false;
    if (wanted.operator_() == "Exists" && !exists) return false;
    if (wanted.operator_() == "DoesNotExist" && exists) return false;
  }
  return true;
}

// AllowedRoutes.
bool allows(const Place& place, const v1::HTTPRoute& route,
            const std::vector<v1::Namespace>& namespaces) {
  const v1::AllowedRoutes& allowed = place.listener->allowed_routes();
  bool kind = allowed.kinds().empty();
  for (const v1::RouteGroupKind& one : allowed.kinds()) {
    const std::string group = one.has_group() ? one.group() : "gateway.networking.k8s.io";
    kind = kind || (group == "gateway.networking.k8s.io" && one.kind() == "HTTPRoute");
  }
  if (!kind) return false;
  const std::string& own = route.metadata().namespace_();
  const std::string& from = allowed.namespaces().from();
  if (from == "All") return true;
  if (from == "Selector") {
    return selects(allowed.namespaces().selector(), labels_of(namespaces, own));
  }
  return own == place.gateway->metadata().namespace_();
}

// ParentReference.
bool refers(const v1::HTTPRoute& route, const Place& place) {
  for (const v1::ParentReference& parent : route.spec().parent_refs()) {
    const std::string& ns =
        parent.namespace_().empty() ? route.metadata().namespace_() : parent.namespace_();
    if (parent.has_group() && parent.group() != "gateway.networking.k8s.io") continue;
    if (parent.has_kind() && parent.kind() != "Gateway") continue;
    if (ns + "/" + parent.name() != name_of(*place.gateway)) continue;
    const std::string& section = parent.section_name();
    if (!section.empty() && section != place.listener->name()) continue;
    if (parent.has_port() && parent.port() != place.listener->port()) continue;
    return true;
  }
  return false;
}

// The names under which the listener serves the route, of those that take the host: the best one.
std::optional<int> host_rank(const v1::HTTPRoute& route, const Place& place,
                             const std::string& host) {
  std::optional<int> best;
  const std::string& listener = place.listener->hostname();
  const auto consider = [&](const std::string& name) {
    if (covers(name, host)) best = std::max(best.value_or(-1), specificity(name));
  };
  if (route.spec().hostnames().empty()) consider(listener);
  for (const std::string& own : route.spec().hostnames()) {
    if (covers(listener, own)) {
      consider(own);
    } else if (covers(own, listener)) {
      consider(listener);
    }
  }
  return best;
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return text;
}

std::string decoded(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    int value = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::sscanf(text.substr(i + 1, 2).c_str(), "%2x", &value) == 1 &&
        std::isxdigit(static_cast<unsigned char>(text[i + 1])) != 0 &&
        std::isxdigit(static_cast<unsigned char>(text[i + 2])) != 0) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

// What is no expression takes nothing.
bool is_full_match(const std::string& text, const std::string& pattern) {
  static std::map<std::string, std::unique_ptr<RE2>> known;  // to compile one takes its time
  std::unique_ptr<RE2>& regex = known[pattern];
  if (regex == nullptr) regex = std::make_unique<RE2>(pattern, RE2::Quiet);
  return regex->ok() && RE2::FullMatch(text, *regex);
}

bool is_value(const std::string& type, const std::string& wanted, const std::string& value) {
  return type == "RegularExpression" ? is_full_match(value, wanted) : value == wanted;
}

bool header_holds(const v1::HTTPHeaderMatch& match, const ReferenceRequest& request) {
  std::optional<std::string> value;
  for (const auto& [name, text] : request.headers) {
    if (lower(name) == lower(match.name())) value = value ? *value + "," + text : text;
  }
  return value && is_value(match.type(), match.value(), *value);
}

bool param_holds(const v1::HTTPQueryParamMatch& match, const ReferenceRequest& request) {
  for (size_t begin = 0; begin <= request.query.size();) {
    const size_t end = std::min(request.query.find('&', begin), request.query.size());
    const std::string pair = request.query.substr(begin, end - begin);
    const size_t equals = std::min(pair.find('='), pair.size());
    begin = end + 1;
    if (pair.empty() || decoded(pair.substr(0, equals)) != match.name()) continue;
    const std::string value = equals == pair.size() ? "" : pair.substr(equals + 1);
    return is_value(match.type(), match.value(), decoded(value));
  }
  return false;
}

// Conditions on one name: the first counts.
template <typename Matches, typename NameOf>
auto distinct(const Matches& matches, NameOf name_of_match) {
  std::vector<typename Matches::value_type> first;
  for (const auto& match : matches) {
    const bool known = std::any_of(first.begin(), first.end(), [&](const auto& other) {
      return name_of_match(other) == name_of_match(match);
    });
    if (!known) first.push_back(match);
  }
  return first;
}

// How good the path is: exact, prefix, expression; then by length. Nothing: it does not match.
std::optional<std::pair<int, size_t>> path_rank(const v1::HTTPPathMatch& match,
                                                const std::string& path) {
  std::string value = match.has_value() ? match.value() : "/";
  if (match.type() == "Exact") {
    if (path != value) return std::nullopt;
    return std::pair(3, size_t{0});
  }
  if (match.type() == "RegularExpression") {
    if (!is_full_match(path, value)) return std::nullopt;
    return std::pair(1, value.size());
  }
  if (!value.empty() && value.back() == '/') value.pop_back();
  if (path != value && path.compare(0, value.size() + 1, value + "/") != 0) return std::nullopt;
  return std::pair(2, value.size());
}

// What candidates are ordered by; the smallest has the request.
using Order = std::tuple<int, int, long, bool, long, long, std::string, std::string, int, int>;

std::optional<Order> order_of(const v1::HTTPRoute& route, int host, int rule,
                              const v1::HTTPRouteMatch& match, int number,
                              const ReferenceRequest& request) {
  const auto path = path_rank(match.path(), request.path);
  if (!path) return std::nullopt;
  if (!match.method().empty() && match.method() != request.method) return std::nullopt;
  const auto headers = distinct(match.headers(), [](const auto& m) { return lower(m.name()); });
  const auto params = distinct(match.query_params(), [](const auto& m) { return m.name(); });
  for (const auto& header : headers) {
    if (!header_holds(header, request)) return std::nullopt;
  }
  for (const auto& param : params) {
    if (!param_holds(param, request)) return std::nullopt;
  }
  return Order{-host,
               -path->first,
               -static_cast<long>(path->second),
               match.method().empty(),
               -static_cast<long>(headers.size()),
               -static_cast<long>(params.size()),
               route.metadata().creation_timestamp(),
               name_of(route),
               rule,
               number};
}

}  // namespace

ReferenceMatch reference_match(const ReferenceObjects& objects, const ReferenceRequest& request) {
  ReferenceMatch result;
  const std::optional<Place> place = find_place(objects.gateways, request);
  if (!place) return result;
  result.listener = name_of(*place->gateway) + "/" + place->listener->name();
  std::optional<Order> best;
  const auto consider = [&](const v1::HTTPRoute& route, int number, const v1::HTTPRouteRule& rule,
                            const std::optional<Order>& order) {
    if (!order || (best && *best < *order)) return;
    best = order;
    result.rule = name_of(route) + "/" + (rule.name().empty() ? std::to_string(number)
                                                              : rule.name());
  };
  for (const v1::HTTPRoute& route : objects.routes) {
    if (!refers(route, *place) || !allows(*place, route, objects.namespaces)) continue;
    const std::optional<int> host = host_rank(route, *place, request.host);
    if (!host) continue;
    const int rules = route.spec().rules_size();
    for (int r = 0; r < std::max(rules, 1); ++r) {
      const v1::HTTPRouteRule rule = rules == 0 ? v1::HTTPRouteRule() : route.spec().rules(r);
      if (rule.matches().empty()) {
        consider(route, r, rule, order_of(route, *host, r, {}, 0, request));
      }
      for (int m = 0; m < rule.matches_size(); ++m) {
        consider(route, r, rule, order_of(route, *host, r, rule.matches(m), m, request));
      }
    }
  }
  return result;
}

}  // namespace limpet::testing

#include "cli/output/trace_text.h"

#include <vector>

#include "cli/output/policy_text.h"
#include "cli/output/table.h"
#include "core/base/text.h"

namespace limpet::cli {
namespace {

void describe_changes(std::string_view what, const HeaderChanges& changes,
                      std::vector<std::string>& lines) {
  for (const std::string& name : changes.remove) {
    lines.push_back(str_cat("remove ", what, " header ", name));
  }
  for (const HeaderChanges::Field& field : changes.set) {
    lines.push_back(str_cat("set ", what, " header ", field.name, ": ", field.value));
  }
  for (const HeaderChanges::Field& field : changes.add) {
    lines.push_back(str_cat("add ", what, " header ", field.name, ": ", field.value));
  }
}

std::string changed_path(const PathChange& change, std::string_view path) {
  std::string changed;
  change.apply(path, changed);
  return changed;
}

void describe_redirect(const Redirect& redirect, const RoutedRequest& request,
                       std::vector<std::string>& lines) {
  std::string line = str_cat("answer ", redirect.status, ", redirect to ");
  if (!redirect.scheme.empty()) line += str_cat(redirect.scheme, "://");
  line += redirect.hostname.empty() ? std::string(request.host) : redirect.hostname;
  if (redirect.port != 0) line += str_cat(":", redirect.port);
  lines.push_back(line + changed_path(redirect.path, request.path));
}

void describe_cors(const CorsFilter& cors, std::vector<std::string>& lines) {
  std::vector<std::string> origins;
  if (cors.any_origin) origins.emplace_back("every origin");
  for (const OriginPattern& origin : cors.origins) {
    origins.push_back(str_cat(origin.begin, origin.wildcard ? "*" : "", origin.end));
  }
  if (origins.empty()) origins.emplace_back("no other origin");
  lines.push_back(str_cat("let pages of ", join(origins, ", "), " see the answer",
                          cors.credentials ? ", with credentials" : ""));
}

void describe_mirror(const RequestMirror& mirror, const Traced& traced,
                     std::vector<std::string>& lines) {
  std::string line = str_cat("mirror to ", mirror.cluster.name);
  if (mirror.numerator != mirror.denominator) {
    line += str_cat(", ", mirror.numerator, " of ", mirror.denominator, " requests");
  }
  const RoutingCluster* cluster = traced.table.find(mirror.cluster);
  if (cluster == nullptr) {
    line += ": there is no such Service port";
  } else if (!cluster->speaks_http1) {
    line += ": its protocol is not spoken";
  }
  lines.push_back(std::move(line));
}

// In the order in which they are applied.
std::vector<std::string> filter_lines(const RouteFilters* filters, const Traced& traced) {
  const RoutedRequest& request = traced.request;
  std::vector<std::string> lines;
  if (filters == nullptr) return lines;
  if (filters->broken) lines.push_back("answer 500: one of the filters cannot be applied");
  if (filters->cors) describe_cors(*filters->cors, lines);
  if (filters->redirect) describe_redirect(*filters->redirect, request, lines);
  describe_changes("request", filters->request, lines);
  if (filters->rewrite) {
    const UrlRewrite& rewrite = *filters->rewrite;
    if (!rewrite.hostname.empty()) lines.push_back(str_cat("ask for host ", rewrite.hostname));
    if (rewrite.path.type != PathChange::Type::kNone) {
      lines.push_back(str_cat("ask for path ", changed_path(rewrite.path, request.path)));
    }
  }
  for (const RequestMirror& mirror : filters->mirrors) describe_mirror(mirror, traced, lines);
  describe_changes("response", filters->response, lines);
  return lines;
}

// Where a backend's share of the requests ends.
struct BackendView {
  std::string service;
  uint32_t weight = 0;
  std::string answer;  // "endpoint pipy-0 or pipy-1", or what is answered in their place
  std::string session;
  std::vector<std::string> filters;
};

std::string endpoints_text(const Cluster& cluster) {
  constexpr size_t kShown = 4;
  if (cluster.eligible.empty()) return "503: no endpoint takes new requests";
  std::vector<std::string> names;
  for (const uint32_t index : cluster.eligible) {
    if (names.size() == kShown) break;
    names.push_back(cluster.endpoints[index].name);
  }
  std::string text = join(names, ", ");
  if (cluster.eligible.size() > kShown) {
    text += str_cat(" and ", cluster.eligible.size() - kShown, " more");
  }
  return text;
}

BackendView view_of(const Traced& traced, const RouteBackend& backend) {
  BackendView view;
  view.weight = backend.weight;
  view.filters = filter_lines(backend.filters.get(), traced);
  if (!backend.cluster) {
    view.service = "(invalid reference)";
    view.answer = "500: the reference leads nowhere";
    return view;
  }
  view.service = backend.cluster->name;
  const RoutingCluster* cluster = traced.table.find(*backend.cluster);
  if (cluster == nullptr) {
    view.answer = "500: there is no such Service port";
    return view;
  }
  if (!cluster->speaks_http1) {
    view.answer = "500: the endpoints' protocol is not spoken";
    return view;
  }
  view.answer = endpoints_text(cluster->cluster);
  const StickyPolicy* session = traced.explanation.rule->session.get();
  if (session == nullptr && cluster->policy) session = &*cluster->policy;
  if (session != nullptr) view.session = carrier_text(*session);
  return view;
}

std::vector<BackendView> views_of(const Traced& traced) {
  std::vector<BackendView> views;
  for (const RouteBackend& backend : traced.explanation.rule->backends) {
    views.push_back(view_of(traced, backend));
  }
  return views;
}

void append_lines(std::string_view title, const std::vector<std::string>& lines,
                  std::string& out) {
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string label = i == 0 ? str_cat(title, ":") : "";
    out += label + std::string(label.size() < 11 ? 11 - label.size() : 1, ' ') + lines[i] + "\n";
  }
}

std::vector<std::string> timeout_lines(const RouteRule& rule) {
  std::vector<std::string> lines;
  if (rule.timeouts.request_ms != 0) {
    lines.push_back(str_cat("request ", rule.timeouts.request_ms, " ms"));
  }
  if (rule.timeouts.backend_ms != 0) {
    lines.push_back(str_cat("backend request ", rule.timeouts.backend_ms, " ms"));
  }
  return lines;
}

// "500, 502-504"
std::string statuses_text(const RetrySettings& retry) {
  std::vector<std::string> ranges;
  const int end = RetrySettings::kFirstStatus + static_cast<int>(RetrySettings::kStatuses);
  for (int first = RetrySettings::kFirstStatus; first < end; ++first) {
    if (!retry.covers(first)) continue;
    int last = first;
    while (retry.covers(last + 1)) ++last;
    ranges.push_back(first == last ? str_cat(first) : str_cat(first, "-", last));
    first = last;
  }
  return join(ranges, ", ");
}

// What the rule says itself. Else its Services' policies hold, which `gwctl describe` shows.
std::vector<std::string> retry_lines(const RouteRule& rule) {
  if (rule.retry == nullptr) return {};
  if (rule.retry->num_retries == 0) return {"none"};
  std::vector<std::string> lines = {retry_text(*rule.retry)};
  if (rule.retry->statuses.any()) {
    lines.push_back(str_cat("after answers ", statuses_text(*rule.retry), ", the first in ",
                            rule.retry->backoff_ms, " ms"));
  }
  return lines;
}

std::vector<std::string> session_lines(const RouteRule& rule) {
  if (rule.session == nullptr) return {};
  std::vector<std::string> lines = {sticky_text(*rule.session)};
  if (rule.session->carrier != StickyPolicy::Carrier::kHeader) {
    lines.push_back(rule.session->permanent ? "browsers keep the cookie for as long"
                                            : "browsers keep the cookie until they are closed");
  }
  return lines;
}

void append_rule(const Traced& traced, std::string& out) {
  const RouteRule& rule = *traced.explanation.rule;
  append_lines("Rule", {rule.name}, out);
  append_lines("Filters", filter_lines(rule.filters.get(), traced), out);
  append_lines("Timeouts", timeout_lines(rule), out);
  append_lines("Retry", retry_lines(rule), out);
  append_lines("Session", session_lines(rule), out);
  if (rule.filters != nullptr && rule.filters->redirect) return;
  if (rule.total_weight == 0) append_lines("Answer", {"500: no backend has a share"}, out);
  if (rule.backends.empty()) return;
  Table table({"BACKEND", "WEIGHT", "ENDPOINTS", "SESSION", "FILTERS"});
  for (const BackendView& view : views_of(traced)) {
    table.add({view.service, str_cat(view.weight), view.answer, view.session,
               join(view.filters, "; ")});
  }
  out += "\n" + table.to_string();
}

std::string listener_text(const Traced& traced) {
  const RoutingListener& listener = *traced.explanation.listener;
  return str_cat(listener.name, " of Gateway ", listener.gateway, ", port ", traced.port);
}

DocumentNode strings(const std::vector<std::string>& lines) {
  DocumentNode list = DocumentNode::list();
  for (const std::string& line : lines) list.items.push_back(DocumentNode::string(line));
  return list;
}

DocumentNode number(uint64_t value) {
  return {DocumentNode::Type::kNumber, str_cat(value), {}, {}};
}

DocumentNode boolean(bool value) {
  return {DocumentNode::Type::kBool, value ? "true" : "false", {}, {}};
}

DocumentNode rule_document(const Traced& traced) {
  const RouteRule& rule = *traced.explanation.rule;
  DocumentNode node = DocumentNode::map();
  node.entries.emplace_back("name", DocumentNode::string(rule.name));
  node.entries.emplace_back("filters", strings(filter_lines(rule.filters.get(), traced)));
  node.entries.emplace_back("timeouts", strings(timeout_lines(rule)));
  node.entries.emplace_back("retry", strings(retry_lines(rule)));
  node.entries.emplace_back("session", strings(session_lines(rule)));
  DocumentNode backends = DocumentNode::list();
  for (const BackendView& view : views_of(traced)) {
    DocumentNode backend = DocumentNode::map();
    backend.entries.emplace_back("backend", DocumentNode::string(view.service));
    backend.entries.emplace_back("weight", number(view.weight));
    backend.entries.emplace_back("endpoints", DocumentNode::string(view.answer));
    backend.entries.emplace_back("session", DocumentNode::string(view.session));
    backend.entries.emplace_back("filters", strings(view.filters));
    backends.items.push_back(std::move(backend));
  }
  node.entries.emplace_back("backends", std::move(backends));
  return node;
}

}  // namespace

std::string trace_text(const Traced& traced) {
  const Explanation& explanation = traced.explanation;
  std::string out;
  if (explanation.listener == nullptr) {
    return str_cat("No listener on port ", traced.port, " takes host ", traced.request.host,
                   ": 404\n");
  }
  append_lines("Listener", {listener_text(traced)}, out);
  if (explanation.rule == nullptr) {
    append_lines("Rule", {"none takes the request: 404"}, out);
  } else {
    append_rule(traced, out);
  }
  if (explanation.candidates.empty()) return out;
  Table table({"CANDIDATE", "ASKS FOR", "RESULT"});
  for (const Candidate& candidate : explanation.candidates) {
    table.add({candidate.rule->name, candidate.asks_for,
               candidate.chosen ? "has the request" : candidate.lost});
  }
  out += "\n" + table.to_string();
  if (explanation.left_out > 0) out += str_cat("and ", explanation.left_out, " more\n");
  return out;
}

DocumentNode trace_document(const Traced& traced) {
  const Explanation& explanation = traced.explanation;
  DocumentNode node = DocumentNode::map();
  if (explanation.listener != nullptr) {
    DocumentNode listener = DocumentNode::map();
    listener.entries.emplace_back("gateway", DocumentNode::string(explanation.listener->gateway));
    listener.entries.emplace_back("name", DocumentNode::string(explanation.listener->name));
    listener.entries.emplace_back("port", number(traced.port));
    node.entries.emplace_back("listener", std::move(listener));
  }
  if (explanation.rule != nullptr) node.entries.emplace_back("rule", rule_document(traced));
  DocumentNode candidates = DocumentNode::list();
  for (const Candidate& candidate : explanation.candidates) {
    DocumentNode one = DocumentNode::map();
    one.entries.emplace_back("rule", DocumentNode::string(candidate.rule->name));
    one.entries.emplace_back("asksFor", DocumentNode::string(candidate.asks_for));
    one.entries.emplace_back("chosen", boolean(candidate.chosen));
    one.entries.emplace_back("lost", DocumentNode::string(candidate.lost));
    candidates.items.push_back(std::move(one));
  }
  node.entries.emplace_back("candidates", std::move(candidates));
  return node;
}

}  // namespace limpet::cli

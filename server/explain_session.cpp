#include "server/explain_session.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>

#include "core/base/text.h"
#include "core/routing/rule_backends.h"
#include "core/routing/session_scopes.h"
#include "core/snapshot/wire.h"
#include "core/sticky/decide.h"
#include "core/sticky/token.h"
#include "core/sticky/token_head.h"

namespace limpet {
namespace {

using Place = v1::ExplainSessionResponse::Place;
using Verdict = v1::ExplainSessionResponse::Verdict;
using Ids = std::vector<uint64_t>;

std::string_view text_of(OpenStatus status) {
  switch (status) {
    case OpenStatus::kOk: return "ok";
    case OpenStatus::kMalformed: return "malformed";
    case OpenStatus::kAhead: return "ahead";
    case OpenStatus::kKeyLost: return "key lost";
    case OpenStatus::kTampered: return "tampered";
  }
  return kUnknownVerdict;
}

std::string_view text_of(StickyDecision::Change change) {
  using Change = StickyDecision::Change;
  switch (change) {
    case Change::kNone: return "none";
    case Change::kBind: return "bind";
    case Change::kBindForNow: return "bind for now";
    case Change::kReturn: return "return";
    case Change::kRefresh: return "refresh";
  }
  return kUnknownVerdict;
}

// What a person has copied, taken apart.
struct Given {
  std::string name;   // empty: not given
  std::string value;
};

// "NAME=VALUE", as a cookie stands in a request, or with its attributes, as an answer sets it: no
// token has an equals sign or a semicolon.
absl::StatusOr<Given> read_request(const v1::ExplainSessionRequest& request) {
  std::string_view text = std_view(absl::StripAsciiWhitespace(request.token()));
  text = text.substr(0, text.find(';'));
  Given given{request.name(), std::string(text)};
  if (const size_t equals = text.find('='); equals != std::string_view::npos) {
    const std::string_view name = text.substr(0, equals);
    if (!given.name.empty() && given.name != name) {
      return absl::InvalidArgumentError("the token has a name, and another one is given beside it");
    }
    given = {std::string(name), std::string(text.substr(equals + 1))};
  }
  if (given.value.empty()) {
    return absl::InvalidArgumentError("token: is required: the cookie's value, or NAME=VALUE");
  }
  return given;
}

// What the token may be sealed under. Names of fields are the same in any case.
std::set<SessionName> names_to_try(const Given& given, const RoutingTable& table) {
  std::set<SessionName> known = session_names(table);
  if (given.name.empty()) {
    if (known.empty()) known.insert({TokenPurpose::kCookie, StickyPolicy().name});
    return known;
  }
  std::erase_if(known, [&](const SessionName& name) {
    return name.purpose != TokenPurpose::kHeader ||
           !absl::EqualsIgnoreCase(name.name, given.name);
  });
  known.insert({TokenPurpose::kCookie, given.name});
  known.insert({TokenPurpose::kHeader, given.name});
  known.insert({TokenPurpose::kLearned, given.name});
  return known;
}

// In an application's own cookie its value stands before the token, and quotes around both.
std::string_view token_in(std::string_view value, TokenPurpose purpose) {
  if (purpose != TokenPurpose::kLearned) return value;
  if (value.ends_with('"')) value.remove_suffix(1);
  const size_t end = value.rfind('~');
  return end == std::string_view::npos ? value : value.substr(end + 1);
}

// Under the first of the names that opens it, which is set; else the last refusal: whether a token
// is one, and of a key that is there, is the same for all names.
OpenResult open_token(const Given& given, const RoutingTable& table, std::string& name) {
  TokenCodec codec(0, {});  // it seals nothing, and needs no random bytes
  OpenResult result;
  for (const SessionName& candidate : names_to_try(given, table)) {
    result = codec.open(token_in(given.value, candidate.purpose), table.keys, candidate.purpose,
                        candidate.name);
    if (result.status != OpenStatus::kOk) continue;
    name = candidate.name;
    break;
  }
  return result;
}

// A table, with what the session's scopes are in it.
struct View {
  std::shared_ptr<const RoutingTable> kept;  // null: the caller keeps it
  const RoutingTable* table = nullptr;       // null: it cannot be had
  std::map<uint64_t, SessionScope> scopes;

  View() = default;
  View(const RoutingTable* made, const Ids& wanted) : table(made) {
    if (table != nullptr) scopes = find_session_scopes(*table, wanted);
  }
  const SessionScope* find(uint64_t scope) const {
    const auto found = scopes.find(scope);
    return found == scopes.end() ? nullptr : &found->second;
  }
};

// The next request in the scope, to whoever serves from the table.
void judge(const View& view, const OpenResult& token, uint64_t scope, int64_t now_unix_s,
           Verdict& verdict) {
  const SessionScope* found = view.find(scope);
  if (found == nullptr) return verdict.set_reason(kNotRoutedVerdict);
  RuleBackends backends;
  find_backends(*view.table, *found->rule, backends);
  StickyDecision decision;
  decision.reason = StickyReason::kNone;
  if (backends.policy != nullptr) {
    const StickyScope sticky{scope, backends.for_sessions(), backends.policy};
    decision = decide(sticky, token, 0, view.table->time(), now_unix_s);
  }
  verdict.set_reason(std::string(to_string(decision.reason)));
  if (decision.endpoint != nullptr) verdict.set_endpoint(decision.endpoint->name);
  verdict.set_change(std::string(text_of(decision.change)));
  verdict.set_refused(decision.refuse);
}

// The tables of the connected nodes, made at most once for each revision.
class Views {
 public:
  Views(const RoutingTable& head, Ids scopes, const TableAt& table_at)
      : scopes_(std::move(scopes)), table_at_(table_at), head_(&head, scopes_) {}

  const View& head() const { return head_; }

  // One without a table: what the node serves from is not known.
  const View& of(const v1::NodeStatus& node) {
    const StateId& head = head_.table->state;
    const uint64_t revision = node.active().revision();
    if (node.active().epoch() != head.epoch.value() || revision == 0) return unknown_;
    if (revision == head.revision) return head_;
    const auto known = past_.find(revision);
    if (known != past_.end()) return known->second;
    if (past_.size() == kMaxPastTables) return unknown_;
    std::shared_ptr<const RoutingTable> table = table_at_(revision);
    View view(table.get(), scopes_);
    view.kept = std::move(table);
    return past_.emplace(revision, std::move(view)).first->second;
  }

 private:
  const Ids scopes_;
  const TableAt& table_at_;
  const View head_;
  const View unknown_;
  std::map<uint64_t, View> past_;  // by revision
};

bool serves_one_of(const v1::NodeStatus& node, const std::set<std::string>& gateways) {
  return node.gateways().empty() ||
         std::any_of(node.gateways().begin(), node.gateways().end(),
                     [&](const std::string& gateway) { return gateways.contains(gateway); });
}

void judge_node(const v1::NodeStatus& node, const View& view, const OpenResult& token,
                uint64_t scope, int64_t now_unix_s, Verdict& verdict) {
  verdict.set_node(node.node_id());
  *verdict.mutable_state() = node.active();
  if (view.table == nullptr) return verdict.set_reason(kUnknownVerdict);
  const SessionScope* found = view.find(scope);
  if (found != nullptr && !serves_one_of(node, found->gateways)) {
    return verdict.set_reason(kNotRoutedVerdict);
  }
  judge(view, token, scope, now_unix_s, verdict);
}

// The policy by its kind and name. Null: none applies.
const StickyPolicy* find_policy(const View& head, const SessionScope* scope,
                                const RoutingCluster* home, std::string& name) {
  constexpr std::string_view kKind = "SessionStickyPolicy";
  RuleBackends backends;
  if (scope != nullptr) {
    find_backends(*head.table, *scope->rule, backends);
  } else if (home != nullptr && home->policy) {
    backends.policy = &*home->policy;
    backends.policy_of = home;
  }
  if (backends.policy_of != nullptr) {
    name = str_cat(kKind, " ", backends.policy_of->policy_name(kKind));
  } else if (backends.policy != nullptr) {
    name = "sessionPersistence";
  }
  return backends.policy;
}

std::string endpoint_name(const RoutingCluster* cluster, uint64_t uid) {
  const Endpoint* endpoint = cluster == nullptr ? nullptr : cluster->cluster.find(uid);
  return endpoint == nullptr ? std::string() : endpoint->name;
}

// Who stands in may be of another backend of the rule.
std::string stand_in_name(const View& head, const SessionScope* scope, const RoutingCluster* home,
                          uint64_t uid) {
  std::string name = uid == 0 ? std::string() : endpoint_name(home, uid);
  if (uid == 0 || !name.empty() || scope == nullptr) return name;
  RuleBackends backends;
  find_backends(*head.table, *scope->rule, backends);
  for (size_t i = 0; i < backends.count && name.empty(); ++i) {
    name = endpoint_name(backends.clusters[i], uid);
  }
  return name;
}

// All but the verdicts, as the head has it. `home`: the cluster of the binding's backend; null: it
// is not there.
Place place_of(const View& head, const RoutingCluster* home, const Binding& binding) {
  const SessionScope* scope = head.find(binding.scope);
  Place place;
  if (home != nullptr) {
    place.set_service(home->cluster.name);
    if (service_scope_of(home->cluster) == binding.scope) {
      place.set_scope(str_cat("Service ", home->cluster.name));
    }
  }
  if (place.scope().empty() && scope != nullptr) {
    place.set_scope(str_cat("HTTPRoute ", scope->rule->name));
  }
  place.set_endpoint(endpoint_name(home, binding.endpoint));
  place.set_temporary(stand_in_name(head, scope, home, binding.temporary));
  place.set_created_unix_s(binding.created_unix_s);
  place.set_last_seen_unix_s(binding.last_seen_unix_s);
  std::string policy_name;
  if (const StickyPolicy* policy = find_policy(head, scope, home, policy_name)) {
    place.set_policy(policy_name);
    place.set_expires_unix_s(int64_t{binding.created_unix_s} + policy->expires_s);
    if (policy->idle_s != 0) {
      place.set_idle_until_unix_s(int64_t{binding.last_seen_unix_s} + policy->idle_s);
    }
  }
  place.mutable_decided_at()->set_epoch(binding.decided_at.epoch_created << 24);
  place.mutable_decided_at()->set_revision(binding.decided_at.revision);
  return place;
}

void tell_seal(const Given& given, const std::vector<v1::NodeStatus>& nodes,
               v1::ExplainSessionResponse& response) {
  const std::optional<TokenHead> head = read_token_head(given.value);
  if (!head) return;
  response.set_key_id(head->key_id);
  response.set_node_number(head->node_number);
  for (const v1::NodeStatus& node : nodes) {
    if (node.connected() && node_number_of(node.node_id()) == head->node_number) {
      response.set_sealed_by(node.node_id());
    }
  }
}

void tell_places(const OpenResult& token, const RoutingTable& head,
                 const std::vector<v1::NodeStatus>& nodes, const TableAt& table_at,
                 int64_t now_unix_s, v1::ExplainSessionResponse& response) {
  const std::span<const Binding> bindings = token.record.bindings();
  Ids scopes;
  Ids backends;
  for (const Binding& binding : bindings) {
    scopes.push_back(binding.scope);
    backends.push_back(binding.backend);
  }
  Views views(head, scopes, table_at);
  const auto clusters = find_clusters(head, backends);
  for (const Binding& binding : bindings) {
    const auto home = clusters.find(binding.backend);
    Place& place = *response.add_places();
    place = place_of(views.head(), home == clusters.end() ? nullptr : home->second, binding);
    Verdict& verdict = *place.add_verdicts();
    *verdict.mutable_state() = to_proto(head.state);
    judge(views.head(), token, binding.scope, now_unix_s, verdict);
    for (const v1::NodeStatus& node : nodes) {
      if (!node.connected()) continue;
      judge_node(node, views.of(node), token, binding.scope, now_unix_s, *place.add_verdicts());
    }
  }
}

}  // namespace

absl::StatusOr<v1::ExplainSessionResponse> explain_session(
    const v1::ExplainSessionRequest& request, const RoutingTable& head,
    const std::vector<v1::NodeStatus>& nodes, const TableAt& table_at, int64_t now_unix_s) {
  const absl::StatusOr<Given> given = read_request(request);
  if (!given.ok()) return given.status();
  v1::ExplainSessionResponse response;
  std::string name;
  const OpenResult token = open_token(*given, head, name);
  response.set_status(std::string(text_of(token.status)));
  tell_seal(*given, nodes, response);
  if (token.status != OpenStatus::kOk) return response;
  response.set_name(name);
  response.set_session_id(token.record.session_id());
  tell_places(token, head, nodes, table_at, now_unix_s, response);
  return response;
}

}  // namespace limpet

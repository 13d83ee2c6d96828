#include "server/object_status.h"

#include <algorithm>
#include <utility>

#include "core/base/text.h"

namespace limpet {
namespace {

// "a; b; c; and 4 more", of so many in all
std::string shown_of(std::vector<std::string> texts, size_t all) {
  texts.resize(std::min(texts.size(), NodeFacts::kShown));
  if (texts.size() < all) texts.push_back(str_cat("and ", all - texts.size(), " more"));
  return join(texts, "; ");
}

std::string first_of(const std::vector<std::string>& texts) {
  return shown_of(texts, texts.size());
}

std::string refusal_text(uint64_t revision, const v1::Nack::Reason& reason) {
  return str_cat("refuses revision ", revision, ": ", reason.field(),
                 reason.field().empty() ? "" : ": ", reason.message());
}

// Why a node does not serve it yet, where that is known.
std::string_view waiting_text(bool held, bool refuses) {
  if (held) return " (holds another database's state; gwctl nodes adopt)";
  return refuses ? " (refuses the revision for something else; gwctl nodes)" : "";
}

template <typename Status>
void add_active(const NodeFacts::Told& told, int64_t generation, Status& status) {
  set_condition(*status.add_conditions(), "Active", generation, told.active);
  *status.mutable_nodes() = told.counts;
}

}  // namespace

// Of one object.
struct NodeFacts::Tally {
  v1::NodeCounts counts;
  size_t pending = 0;                // nodes that do not serve its last change
  std::vector<std::string> waiting;  // the first of these
  std::vector<std::string> stale;
  std::vector<std::string> refused;   // who, and why
  std::vector<std::string> unopened;  // who, and which port
};

NodeFacts::NodeFacts(const std::vector<v1::NodeStatus>& nodes, Epoch epoch, const PartOf& part_of) {
  std::map<GatewayNames, std::vector<const v1::NodeStatus*>> alike;
  for (const v1::NodeStatus& node : nodes) {
    if (!node.connected()) continue;
    alike[{node.gateways().begin(), node.gateways().end()}].push_back(&node);
  }
  for (const auto& [gateways, members] : alike) {
    Group& group = groups_.emplace_back();
    group.part = part_of(gateways);
    for (const v1::NodeStatus* node : members) {
      const bool ours = node->active().epoch() == epoch.value();
      add(*node, {node->node_id(), groups_.size() - 1, ours ? node->active().revision() : 0,
                  node->rejected_revision(), node->held()});
    }
    std::stable_sort(group.nodes.begin(), group.nodes.end(),
                     [](const Node& a, const Node& b) { return a.active < b.active; });
  }
}

void NodeFacts::add(const v1::NodeStatus& status, Node node) {
  for (const v1::Nack::Reason& reason : status.rejected_reasons()) {
    if (node.rejected == 0 || !reason.has_object()) continue;
    const v1::EntryKey& key = reason.object();
    refusals_[{key.kind(), key.namespace_(), key.name()}].push_back(
        {node, refusal_text(node.rejected, reason)});
  }
  for (const v1::Report::FailedListener& failed : status.report().failed_listeners()) {
    unopened_[failed.port()].push_back(
        {node, str_cat("port ", failed.port(), ": ", failed.message())});
  }
  Group& group = groups_[node.group];
  if (status.stale()) group.stale.push_back(node.id);
  group.nodes.push_back(std::move(node));
}

bool NodeFacts::is_for(const Group& group, const Subject& subject) {
  return !group.part || group.part->find(subject.key) != nullptr;
}

NodeFacts::Told NodeFacts::tell(const Subject& subject) const {
  Tally tally;
  // Zeros are told, too.
  tally.counts.set_desired(0);
  tally.counts.set_active(0);
  tally.counts.set_stale(0);
  for (const Group& group : groups_) {
    if (is_for(group, subject)) count(group, subject, tally);
  }
  find_problems(subject, tally);
  Verdict verdict = judge(tally);
  return {std::move(verdict), tally.counts};
}

void NodeFacts::count(const Group& group, const Subject& subject, Tally& tally) const {
  // The nodes before this one do not serve the object's last change.
  const auto serving =
      std::partition_point(group.nodes.begin(), group.nodes.end(),
                           [&](const Node& node) { return node.active < subject.revision; });
  for (auto node = group.nodes.begin(); node != serving; ++node) {
    if (tally.waiting.size() == kShown) break;
    tally.waiting.push_back(
        str_cat(node->id, waiting_text(node->held, node->rejected >= subject.revision)));
  }
  tally.pending += static_cast<size_t>(serving - group.nodes.begin());
  v1::NodeCounts& counts = tally.counts;
  counts.set_desired(counts.desired() + static_cast<uint32_t>(group.nodes.size()));
  counts.set_active(counts.active() + static_cast<uint32_t>(group.nodes.end() - serving));
  counts.set_stale(counts.stale() + static_cast<uint32_t>(group.stale.size()));
  tally.stale.insert(tally.stale.end(), group.stale.begin(), group.stale.end());
}

void NodeFacts::find_problems(const Subject& subject, Tally& tally) const {
  std::set<std::string> refusing;
  if (const auto found = refusals_.find(subject.key); found != refusals_.end()) {
    for (const auto& [node, text] : found->second) {
      if (node.active >= subject.revision || node.rejected < subject.revision) continue;
      tally.refused.push_back(str_cat(node.id, " ", text));
      refusing.insert(node.id);
    }
  }
  std::set<std::string> closed;  // otherwise it would serve
  for (const uint32_t port : subject.ports) {
    const auto found = unopened_.find(port);
    if (found == unopened_.end()) continue;
    for (const auto& [node, text] : found->second) {
      if (!is_for(groups_[node.group], subject)) continue;
      tally.unopened.push_back(str_cat(node.id, ": ", text));
      if (node.active >= subject.revision) closed.insert(node.id);
    }
  }
  tally.counts.set_active(tally.counts.active() - static_cast<uint32_t>(closed.size()));
  tally.counts.set_rejected(static_cast<uint32_t>(refusing.size()));
}

Verdict NodeFacts::judge(const Tally& tally) const {
  if (groups_.empty()) return {kFalse, "NoNodes", "no node is connected"};
  if (tally.counts.desired() == 0) {
    return {kFalse, "NoNodes", "no connected node serves a Gateway that leads to it"};
  }
  std::string text = str_cat(tally.counts.active(), " of ", tally.counts.desired(), " nodes");
  if (!tally.stale.empty()) text += str_cat(" (not heard of in time: ", first_of(tally.stale), ")");
  if (!tally.refused.empty()) {
    return {kFalse, "Rejected", str_cat(text, "; ", first_of(tally.refused))};
  }
  if (!tally.unopened.empty()) {
    return {kFalse, "ListenerFailed", str_cat(text, "; ", first_of(tally.unopened))};
  }
  if (tally.pending == 0) return {kTrue, "AllNodesActive", text};
  return {kFalse, "NodesPending",
          str_cat(text, "; waiting for ", shown_of(tally.waiting, tally.pending))};
}

void tell_status(const RoutingTable* table, const StatusSources& sources, const NodeFacts& nodes,
                 const Entry& entry, v1::Resource& resource) {
  if (table != nullptr) set_status(*table, sources, resource);
  NodeFacts::Subject subject{entry.key, entry.revision};
  if (resource.has_gateway()) subject.ports = wanted_ports(resource.gateway());
  const NodeFacts::Told told = nodes.tell(subject);
  const auto add = [&](auto& object) {
    add_active(told, object.metadata().generation(), *object.mutable_status());
  };
  switch (resource.object_case()) {
    case v1::Resource::kNamespace:
      return add(*resource.mutable_namespace_());
    case v1::Resource::kService:
      return add(*resource.mutable_service());
    case v1::Resource::kEndpointSlice:
      return add(*resource.mutable_endpoint_slice());
    case v1::Resource::kGatewayClass:
      return add(*resource.mutable_gateway_class());
    case v1::Resource::kGateway:
      return add(*resource.mutable_gateway());
    case v1::Resource::kHttpRoute:
      return add(*resource.mutable_http_route());
    case v1::Resource::kSessionStickyPolicy:
      return add(*resource.mutable_session_sticky_policy());
    case v1::Resource::kGatewayParameters:
      return add(*resource.mutable_gateway_parameters());
    case v1::Resource::kLoadBalancerPolicy:
      return add(*resource.mutable_load_balancer_policy());
    case v1::Resource::kRetryPolicy:
      return add(*resource.mutable_retry_policy());
    case v1::Resource::kCircuitBreakingPolicy:
      return add(*resource.mutable_circuit_breaking_policy());
    case v1::Resource::kHealthCheckPolicy:
      return add(*resource.mutable_health_check_policy());
    case v1::Resource::kRateLimitPolicy:
      return add(*resource.mutable_rate_limit_policy());
    case v1::Resource::kUpstreamTlsPolicy:
      return add(*resource.mutable_upstream_tls_policy());
    case v1::Resource::kBackendTlsPolicy:
      return add(*resource.mutable_backend_tls_policy());
    case v1::Resource::kReferenceGrant:
      return add(*resource.mutable_reference_grant());
    // Of most of them nodes have nothing.
    case v1::Resource::kSecret:
      if (told.counts.desired() > 0) add(*resource.mutable_secret());
      return;
    case v1::Resource::kConfigMap:
      if (told.counts.desired() > 0) add(*resource.mutable_config_map());
      return;
    case v1::Resource::OBJECT_NOT_SET:
      return;
  }
}

}  // namespace limpet

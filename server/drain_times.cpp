#include "server/drain_times.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <string>

#include "core/base/text.h"
#include "core/resource/kind.h"
#include "core/routing/visit_rules.h"
#include "core/sticky/policy.h"
#include "server/drain.h"

namespace limpet {
namespace {

bool serves(const StateId& state, Epoch epoch, uint64_t revision) {
  return state.epoch == epoch && state.revision >= revision;
}

bool same(const v1::EndpointDrain& one, const v1::EndpointDrain& other) {
  return one.since_unix_ms() == other.since_unix_ms() &&
         one.deadline_unix_ms() == other.deadline_unix_ms() && one.over() == other.over();
}

void take_longer(std::optional<uint32_t>& longest, uint32_t expires_s) {
  longest = std::max(longest.value_or(0), expires_s);
}

}  // namespace

void DrainTimes::follow(const Snapshot& head) {
  if (head.id().epoch != head_.id().epoch) {
    drains_.clear();
    head_ = Snapshot();
  }
  const Delta news = Snapshot::diff(head_, head);
  for (const EntryKey& key : news.removed) drains_.erase(key);
  for (const EntryPtr& entry : news.upserts) {
    if (entry->key.kind != kEndpointStateKind) continue;
    std::optional<v1::EndpointDrain> drain = drain_of(*entry);
    const auto known = drains_.find(entry->key);
    if (!drain) {
      drains_.erase(entry->key);
    } else if (known != drains_.end() && same(known->second.drain, *drain)) {
      known->second.state = entry;  // something else of the endpoint has changed
    } else {
      drains_.insert_or_assign(
          entry->key, DrainProgress{entry->revision, *std::move(drain), entry, std::nullopt});
    }
  }
  // One that ended and began in between with the same words is another: no difference shows it.
  for (auto& [key, progress] : drains_) {
    const EntryPtr entry = head.find(key);
    if (entry == nullptr || entry->revision == progress.state->revision) continue;
    progress.revision = entry->revision;
    progress.state = entry;
    progress.served_since_unix_ms.reset();
  }
  head_ = head;
}

void DrainTimes::observe(const NodeRegistry::Places& nodes, int64_t now_unix_ms) {
  constexpr uint64_t kAll = std::numeric_limits<uint64_t>::max();
  const Epoch epoch = head_.id().epoch;
  const auto revision_of = [&](const StateId& state) {
    return state.epoch == epoch ? state.revision : 0;
  };
  bool connected = false;
  uint64_t served_by_all = kAll;
  // The oldest since the last look; who has none serves none.
  uint64_t served_meanwhile = kAll;
  for (const NodeRegistry::Place& node : nodes.nodes) {
    if (!node.connected) continue;
    connected = true;
    served_by_all = std::min(served_by_all, revision_of(node.active));
    if (node.active.revision != 0) {
      served_meanwhile = std::min(served_meanwhile, revision_of(node.active));
    }
    if (node.first.revision != 0 && node.first_version > nodes_version_) {
      served_meanwhile = std::min(served_meanwhile, revision_of(node.first));
    }
  }
  nodes_version_ = nodes.version;
  for (auto& [key, progress] : drains_) {
    std::optional<int64_t>& since = progress.served_since_unix_ms;
    if (!connected || served_meanwhile < progress.revision) since.reset();
    if (connected && served_by_all >= progress.revision && !since) since = now_unix_ms;
  }
}

const DrainProgress* DrainTimes::find(const EntryKey& state) const {
  const auto found = drains_.find(state);
  return found == drains_.end() ? nullptr : &found->second;
}

std::optional<int64_t> DrainTimes::next_deadline_unix_ms() const {
  std::optional<int64_t> next;
  for (const auto& [key, progress] : drains_) {
    const int64_t deadline = progress.drain.deadline_unix_ms();
    if (deadline == 0 || progress.drain.over()) continue;
    next = std::min(next.value_or(deadline), deadline);
  }
  return next;
}

std::vector<EntryKey> DrainTimes::due(int64_t now_unix_ms) const {
  std::vector<EntryKey> due;
  for (const auto& [key, progress] : drains_) {
    const int64_t deadline = progress.drain.deadline_unix_ms();
    if (deadline == 0 || progress.drain.over() || deadline > now_unix_ms) continue;
    due.push_back(key);
  }
  return due;
}

std::optional<uint32_t> longest_session_s(const RoutingTable& table, std::string_view ns,
                                          std::string_view service) {
  const std::string prefix = str_cat(ns, "/", service, ":");
  std::optional<uint32_t> longest;
  table.clusters.for_each(
      [&](std::string_view name, const std::shared_ptr<const RoutingCluster>& cluster) {
        if (!name.starts_with(prefix) || !cluster->policy) return;
        take_longer(longest, cluster->policy->expires_s);
      });
  visit_rules(table, [&](const RoutingListener&, const RouteRule& rule) {
    const auto leads_there = [&](const RouteBackend& backend) {
      return backend.cluster && backend.cluster->name.starts_with(prefix);
    };
    if (std::none_of(rule.backends.begin(), rule.backends.end(), leads_there)) return;
    if (rule.session != nullptr) return take_longer(longest, rule.session->expires_s);
    // A split has one policy for all of its Services: the first one's that has any.
    for (const RouteBackend& backend : rule.backends) {
      const RoutingCluster* cluster = backend.cluster ? table.find(*backend.cluster) : nullptr;
      if (cluster != nullptr && cluster->policy) take_longer(longest, cluster->policy->expires_s);
    }
  });
  return longest;
}

SessionLife session_life_ms(const RoutingTable* table, std::string_view ns,
                            std::string_view service) {
  if (table == nullptr) return std::nullopt;
  const std::optional<uint32_t> longest_s = longest_session_s(*table, ns, service);
  return longest_s ? (int64_t{*longest_s} + kClockGraceS) * 1000 : 0;
}

void tell_drain(const DrainProgress& progress, Epoch epoch, const NodeRegistry::Places& nodes,
                SessionLife life_ms, int64_t now_unix_ms, v1::GetDrainResponse& response) {
  const v1::EndpointDrain& drain = progress.drain;
  response.set_draining(true);
  response.set_since_unix_ms(drain.since_unix_ms());
  response.set_deadline_unix_ms(drain.deadline_unix_ms());
  response.set_over(drain.over());
  response.set_revision(progress.revision);
  for (const NodeRegistry::Place& node : nodes.nodes) {
    if (!node.connected) {
      response.add_disconnected(node.node_id);
    } else if (!serves(node.active, epoch, progress.revision)) {
      response.add_pending(node.node_id);
    }
  }
  if (!response.pending().empty() || !progress.served_since_unix_ms) return;
  const int64_t since = *progress.served_since_unix_ms;
  const SessionLife left_ms = drain.over() ? SessionLife(0) : life_ms;
  const std::optional<int64_t> last_end =
      left_ms ? std::optional(since + *left_ms) : std::nullopt;
  response.set_safe_to_stop(last_end && now_unix_ms >= *last_end);
  // At the deadline the sessions leave; whether they have, only the nodes can say.
  const int64_t deadline = std::max(since, drain.deadline_unix_ms());
  const bool has_deadline = drain.deadline_unix_ms() != 0;
  const int64_t known = last_end.value_or(has_deadline ? deadline : 0);
  response.set_free_unix_ms(has_deadline ? std::min(known, deadline) : known);
}

}  // namespace limpet

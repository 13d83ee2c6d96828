#include "server/health_verdicts.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "core/base/text.h"
#include "core/resource/kind.h"
#include "core/resource/object.h"
#include "core/routing/compile_cluster.h"
#include "server/service_endpoints.h"

namespace limpet {
namespace {

constexpr size_t kNamed = 5;  // in a message

v1::EndpointState state_of(const Entry& entry) {
  v1::EndpointState state;
  if (!state.ParseFromString(entry.bytes)) state.Clear();
  return state;
}

// Null: nobody is to try the endpoints of that port.
const RoutingCluster* tried_cluster(const RoutingTable& table, const TriedEndpoint& endpoint) {
  const auto* found =
      table.clusters.find(cluster_name(endpoint.ns, endpoint.service, endpoint.port));
  return found == nullptr || (*found)->health == nullptr ? nullptr : found->get();
}

bool is_tried(const RoutingTable& table, const TriedEndpoint& endpoint) {
  const RoutingCluster* cluster = tried_cluster(table, endpoint);
  return cluster != nullptr && cluster->cluster.find(endpoint.uid) != nullptr;
}

bool holds(const RoutingTable& table, const HealthVerdict& verdict) {
  switch (verdict.is) {
    case HealthVerdict::Is::kDown:
      return is_tried(table, verdict.endpoint);
    case HealthVerdict::Is::kUp:
      return true;
    case HealthVerdict::Is::kUntried:
      return !is_tried(table, verdict.endpoint);
  }
  return false;
}

// False: the state says so already.
bool apply(const HealthVerdict& verdict, int64_t now_unix_ms, v1::EndpointState& state) {
  auto& all = *state.mutable_down();
  const auto place = std::find_if(all.begin(), all.end(), [&](const v1::EndpointDown& other) {
    return other.port() >= verdict.endpoint.port;
  });
  const bool is_down = place != all.end() && place->port() == verdict.endpoint.port;
  if (is_down == (verdict.is == HealthVerdict::Is::kDown)) return false;
  if (is_down) {
    all.erase(place);
    return true;
  }
  const auto index = place - all.begin();
  v1::EndpointDown& down = *all.Add();
  down.set_port(verdict.endpoint.port);
  down.set_since_unix_ms(now_unix_ms);
  down.set_problem(verdict.problem);
  std::rotate(all.pointer_begin() + index, all.pointer_end() - 1, all.pointer_end());
  return true;
}

std::string words(const HealthVerdict& verdict, std::string_view name) {
  const TriedEndpoint& endpoint = verdict.endpoint;
  std::string text = str_cat(cluster_name(endpoint.ns, endpoint.service, endpoint.port), " ", name);
  if (verdict.is == HealthVerdict::Is::kUntried) return text + " is not tried any more";
  const bool down = verdict.is == HealthVerdict::Is::kDown;
  text += down ? " is down" : " is up";
  if (!verdict.problem.empty()) text += ": " + verdict.problem;
  return str_cat(text, " (", down ? verdict.votes.down : verdict.votes.up, " of ",
                 verdict.votes.nodes(), verdict.votes.nodes() == 1 ? " node)" : " nodes)");
}

// A change of the states of one commit, and what is told of it.
class Planner {
 public:
  Planner(const Snapshot& before, const SliceIndex& index) : before_(before), index_(index) {}

  void add(const HealthVerdict& verdict, int64_t now_unix_ms) {
    const ServiceEndpoint* endpoint = find(verdict.endpoint);
    if (endpoint == nullptr) return;  // it is not listed any more
    const auto [changed, fresh] = changed_.try_emplace(endpoint->state);
    if (fresh) changed->second = state_of(*before_.find(endpoint->state));
    if (!apply(verdict, now_unix_ms, changed->second)) return;
    if (told_.size() < kNamed) told_.push_back(words(verdict, endpoint->name));
    ++verdicts_;
  }

  VerdictPlan done() {
    VerdictPlan planned;
    for (const auto& [key, state] : changed_) {
      std::string bytes = serialize(state);
      if (bytes == before_.find(key)->bytes) continue;
      auto entry = std::make_shared<Entry>();
      entry->key = key;
      entry->revision = before_.id().revision + 1;
      entry->bytes = std::move(bytes);
      planned.plan.batch.upserts.push_back({std::move(entry), "", 0});
    }
    const size_t more = verdicts_ - told_.size();
    planned.message = join(told_, "; ");
    if (more > 0) planned.message += str_cat("; and ", more, " more");
    return planned;
  }

 private:
  using ByUid = std::map<uint64_t, ServiceEndpoint>;

  const ServiceEndpoint* find(const TriedEndpoint& endpoint) {
    const auto [service, fresh] = services_.try_emplace({endpoint.ns, endpoint.service});
    if (fresh) {
      for (ServiceEndpoint& listed : endpoints_of(before_, index_, service->first)) {
        service->second.emplace(listed.uid, std::move(listed));
      }
    }
    const auto found = service->second.find(endpoint.uid);
    return found == service->second.end() ? nullptr : &found->second;
  }

  const Snapshot& before_;
  const SliceIndex& index_;
  std::map<ServiceName, ByUid> services_;
  std::map<EntryKey, v1::EndpointState> changed_;
  std::vector<std::string> told_;
  size_t verdicts_ = 0;
};

}  // namespace

void DownEndpoints::follow(const Snapshot& head) {
  if (head.id().epoch != head_.id().epoch) *this = DownEndpoints();
  const Delta news = Snapshot::diff(head_, head);
  for (const EntryKey& key : news.removed) forget(key);
  for (const EntryPtr& entry : news.upserts) {
    if (entry->key.kind != kEndpointStateKind) continue;
    forget(entry->key);
    const v1::EndpointState state = state_of(*entry);
    const std::string service = entry->key.name.substr(0, entry->key.name.find('/'));
    for (const v1::EndpointDown& down : state.down()) {
      TriedEndpoint endpoint{entry->key.ns, service, down.port(), state.uid()};
      by_state_[entry->key].push_back(endpoint);
      all_.insert(std::move(endpoint));
    }
  }
  head_ = head;
}

void DownEndpoints::forget(const EntryKey& state) {
  const auto found = by_state_.find(state);
  if (found == by_state_.end()) return;
  for (const TriedEndpoint& endpoint : found->second) all_.erase(endpoint);
  by_state_.erase(found);
}

std::vector<HealthVerdict> judge(const HealthFindings& findings, const DownEndpoints& down,
                                 const RoutingTable& table) {
  std::vector<HealthVerdict> verdicts;
  for (TriedEndpoint& endpoint : findings.found_down()) {
    if (down.all().contains(endpoint) || !is_tried(table, endpoint)) continue;
    const Votes votes = findings.votes_of(endpoint);
    std::string problem = findings.problem_of(endpoint);
    verdicts.push_back({std::move(endpoint), HealthVerdict::Is::kDown, votes, std::move(problem)});
  }
  for (const TriedEndpoint& endpoint : down.all()) {
    const Votes votes = findings.votes_of(endpoint);
    if (!is_tried(table, endpoint)) {
      verdicts.push_back({endpoint, HealthVerdict::Is::kUntried, {}, ""});
    } else if (votes.are_for_up()) {
      verdicts.push_back({endpoint, HealthVerdict::Is::kUp, votes, ""});
    }
  }
  return verdicts;
}

VerdictPlan plan_verdicts(const Snapshot& before, const SliceIndex& index,
                          const RoutingTable& table, const std::vector<HealthVerdict>& verdicts,
                          int64_t now_unix_ms) {
  Planner planner(before, index);
  for (const HealthVerdict& verdict : verdicts) {
    if (holds(table, verdict)) planner.add(verdict, now_unix_ms);
  }
  return planner.done();
}

}  // namespace limpet

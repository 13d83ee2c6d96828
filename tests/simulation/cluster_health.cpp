// What nodes find of endpoints, each with its own sight of them, and the verdict of all of them.
#include <algorithm>
#include <iterator>

#include "core/routing/compile.h"
#include "tests/simulation/cluster.h"
#include "tests/simulation/objects.h"

namespace limpet::simulation {
namespace {

// "a" of "shop/a:80".
std::string service_of_cluster(std::string_view name) {
  const size_t slash = name.find('/');
  return std::string(name.substr(slash + 1, name.find(':') - slash - 1));
}

void add(const TriedEndpoint& endpoint, v1::HealthReport::Health health, v1::HealthReport& report) {
  v1::HealthReport::Finding& finding = *report.add_findings();
  finding.set_namespace_(endpoint.ns);
  finding.set_service(endpoint.service);
  finding.set_port(endpoint.port);
  finding.set_endpoint_uid(endpoint.uid);
  finding.set_health(health);
  if (health == v1::HealthReport::DOWN) finding.set_problem("connection refused");
}

}  // namespace

// Most nodes lose the way to an address, or all find the one again that was lost last. Often they
// are judged by that at once.
void Cluster::fail_one() {
  const bool well = !failing_.empty() && !chance(4);
  if (!well) {
    if (now().by_address.empty()) return;
    auto address = now().by_address.begin();
    std::advance(address, static_cast<ptrdiff_t>(draw(now().by_address.size())));
    failing_ = address->first;
  }
  for (Member& member : members_) {
    if (well) {
      member.gateway.unreachable().erase(failing_);
    } else if (!chance(4)) {
      member.gateway.unreachable().insert(failing_);
    }
  }
  say(failing_, well ? " answers every node" : " fails");
  if (well) failing_.clear();
  if (chance(2)) return;
  try_endpoints();
  judge_endpoints();
}

void Cluster::try_endpoints() {
  for (size_t number = 0; number < nodes_.size(); ++number) {
    if (!chance(3)) try_endpoints_of(nodes_[number], members_[number]);
  }
}

// The node tries what its table has tried, and tells the server.
void Cluster::try_endpoints_of(const Node& node, Member& member) {
  const RoutingTable* const table = member.gateway.table();
  if (node.stream == nullptr || node.stream->broken || member.facts == nullptr) return;
  forget_the_lost();
  // The server may not know yet that the one before is over.
  if (told_on_.try_emplace(node.id, node.stream).first->second != node.stream) return;
  std::map<Identity, Told>& told = told_[node.id];
  std::map<Identity, Told> found;
  table->clusters.for_each([&](std::string_view name,
                               const std::shared_ptr<const RoutingCluster>& cluster) {
    const std::string service = service_of_cluster(name);
    const bool tried = member.facts->config.services.at(service).tried;
    if (tried != (cluster->health != nullptr)) {
      problem_ = str_cat(node.id, tried ? " does not try " : " tries ", service);
    }
    if (!tried) return;
    for (const Endpoint& endpoint : cluster->cluster.endpoints) {
      const std::set<std::string>& unreachable = member.gateway.unreachable();
      const bool down = std::all_of(
          endpoint.addresses.begin(), endpoint.addresses.end(),
          [&](const SocketAddress& address) { return unreachable.contains(address.to_string()); });
      const Identity& identity =
          member.facts->by_address.at(endpoint.addresses.front().to_string());
      found[identity] = {{kNamespace, service, kServicePort, endpoint.uid}, down};
    }
  });
  v1::HealthReport report;
  for (const auto& [identity, one] : told) {
    if (!found.contains(identity)) add(one.endpoint, v1::HealthReport::UNKNOWN, report);
  }
  for (const auto& [identity, one] : found) {
    const auto before = told.find(identity);
    if (before != told.end() && before->second.down == one.down) continue;
    add(one.endpoint, one.down ? v1::HealthReport::DOWN : v1::HealthReport::UP, report);
    if (one.down) say(node.id, " finds ", identity, " down");
  }
  told = std::move(found);
  findings_.take(node.id, report);
}

// With its stream the server loses what a node has told.
void Cluster::forget_the_lost() {
  std::erase_if(told_on_, [&](const auto& item) {
    const auto& [id, stream] = item;
    if (std::find(streams_.begin(), streams_.end(), stream) != streams_.end()) return false;
    told_.erase(id);
    findings_.forget(id);
    return true;
  });
}

void Cluster::judge_endpoints() {
  forget_the_lost();
  table_ = compile(head(), table_.get()).table;
  if (table_ == nullptr) return;
  down_.follow(head());
  const std::vector<HealthVerdict> verdicts = judge(findings_, down_, *table_);
  VerdictPlan planned = plan_verdicts(head(), index_, *table_, verdicts, true_s_ * 1000);
  Facts facts = now();
  const std::string words = judge_by_facts(facts);
  if (planned.plan.batch.empty() != words.empty()) {
    problem_ = str_cat("the server judges: ", planned.message, "; and should: ", words);
  }
  commit(std::move(planned.plan), std::move(facts), words);
}

// What changes, in words.
std::string Cluster::judge_by_facts(Facts& facts) {
  std::string words;
  for (const auto& [service, endpoints] : facts.endpoints) {
    const bool tried = facts.config.services.at(service).tried;
    for (const auto& [identity, endpoint] : endpoints) {
      const Votes votes = votes_of(identity);
      const bool is_down = facts.down.contains(identity);
      if (!is_down && tried && 2 * votes.down > votes.nodes()) {
        facts.down.insert(identity);
        words += str_cat(identity, " is down, ");
      } else if (is_down && (!tried || 2 * votes.up > votes.nodes())) {
        facts.down.erase(identity);
        if (tried) recovered_.insert(identity);
        words += str_cat(identity, tried ? " is up, " : " is not tried, ");
      }
    }
  }
  return words;
}

Votes Cluster::votes_of(const Identity& identity) const {
  Votes votes;
  for (const auto& [node, told] : told_) {
    const auto found = told.find(identity);
    if (found == told.end()) continue;
    ++(found->second.down ? votes.down : votes.up);
  }
  return votes;
}

}  // namespace limpet::simulation

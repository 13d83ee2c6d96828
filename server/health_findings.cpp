#include "server/health_findings.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace limpet {
namespace {

constexpr size_t kMaxNameBytes = 253;
constexpr int32_t kMaxPort = 65'535;

// What no state has an endpoint for is not worth to be kept.
std::optional<TriedEndpoint> endpoint_of(const v1::HealthReport::Finding& finding) {
  const bool plausible = finding.namespace_().size() <= kMaxNameBytes &&
                         finding.service().size() <= kMaxNameBytes && finding.port() > 0 &&
                         finding.port() <= kMaxPort && finding.endpoint_uid() != 0;
  if (!plausible) return std::nullopt;
  return TriedEndpoint{finding.namespace_(), finding.service(), finding.port(),
                       finding.endpoint_uid()};
}

// Goes into the state, the log and onto terminals: one line, not too long, and never half a
// character of UTF-8, which no message may hold.
std::string problem_text(std::string_view told) {
  size_t size = std::min(told.size(), HealthFindings::kMaxProblemBytes);
  const auto continues = [&](size_t at) {
    return (static_cast<unsigned char>(told[at]) & 0xC0U) == 0x80U;
  };
  while (size > 0 && size < told.size() && continues(size)) --size;
  std::string text(told.substr(0, size));
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; }, ' ');
  return text;
}

// Silent nodes have none.
uint32_t* vote_of(bool silent, bool down, Votes& votes) {
  return silent ? nullptr : down ? &votes.down : &votes.up;
}

}  // namespace

HealthFindings::Taken HealthFindings::take(const std::string& node,
                                           const v1::HealthReport& report) {
  Taken taken;
  Node& from = nodes_[node];
  for (const v1::HealthReport::Finding& finding : report.findings()) {
    const std::optional<TriedEndpoint> endpoint = endpoint_of(finding);
    if (!endpoint) continue;
    const auto known = endpoints_.find(*endpoint);
    const bool told = known != endpoints_.end() && known->second.by_node.contains(node);
    const bool down = finding.health() == v1::HealthReport::DOWN;
    if (!down && finding.health() != v1::HealthReport::UP) {
      taken.news |= told && drop(node, from, known);
    } else if (told || from.tried.size() < kMaxOfNode) {
      taken.news |= put(node, from, *endpoint, {down, down ? problem_text(finding.problem()) : ""});
    } else {
      taken.all = false;
    }
  }
  return taken;
}

bool HealthFindings::put(const std::string& id, Node& node, const TriedEndpoint& endpoint,
                         Finding finding) {
  const auto at = endpoints_.try_emplace(endpoint).first;
  Found& found = at->second;
  const auto [known, fresh] = found.by_node.try_emplace(id);
  const bool same = !fresh && known->second.down == finding.down;
  uint32_t* const before = fresh ? nullptr : vote_of(node.silent, known->second.down, found.votes);
  uint32_t* const now = vote_of(node.silent, finding.down, found.votes);
  if (before != nullptr) --*before;
  if (now != nullptr) ++*now;
  known->second = std::move(finding);
  node.tried.insert(&*at);
  return !same && !node.silent;
}

bool HealthFindings::drop(const std::string& id, Node& node, Endpoints::iterator endpoint) {
  Found& found = endpoint->second;
  const auto known = found.by_node.find(id);
  if (uint32_t* const vote = vote_of(node.silent, known->second.down, found.votes)) --*vote;
  node.tried.erase(&*endpoint);
  found.by_node.erase(known);
  if (found.by_node.empty()) endpoints_.erase(endpoint);
  return !node.silent;
}

bool HealthFindings::grow_old(const std::string& node) {
  const auto known = nodes_.find(node);
  if (known == nodes_.end()) return false;
  if (known->second.silent) return forget(node);
  for (const Endpoints::value_type* tried : known->second.tried) {
    endpoints_.find(tried->first)->second.by_node.at(node).old = true;
  }
  return false;
}

bool HealthFindings::drop_old(const std::string& node) {
  const auto known = nodes_.find(node);
  if (known == nodes_.end()) return false;
  std::vector<Endpoints::iterator> old;
  for (const Endpoints::value_type* tried : known->second.tried) {
    const auto endpoint = endpoints_.find(tried->first);
    if (endpoint->second.by_node.at(node).old) old.push_back(endpoint);
  }
  bool news = false;
  for (const Endpoints::iterator& endpoint : old) news |= drop(node, known->second, endpoint);
  return news;
}

bool HealthFindings::forget(const std::string& node) {
  const auto known = nodes_.find(node);
  if (known == nodes_.end()) return false;
  Node& from = known->second;
  bool news = false;
  while (!from.tried.empty()) {
    news |= drop(node, from, endpoints_.find((*from.tried.begin())->first));
  }
  nodes_.erase(known);
  return news;
}

bool HealthFindings::set_silent(const std::string& node, bool silent) {
  const auto known = nodes_.find(node);
  if (known == nodes_.end() || known->second.silent == silent) return false;
  known->second.silent = silent;
  for (const Endpoints::value_type* tried : known->second.tried) {
    Found& found = endpoints_.find(tried->first)->second;
    uint32_t& vote = *vote_of(false, found.by_node.at(node).down, found.votes);
    silent ? --vote : ++vote;
  }
  return !known->second.tried.empty();
}

const HealthFindings::Found* HealthFindings::find(const TriedEndpoint& endpoint) const {
  const auto found = endpoints_.find(endpoint);
  return found == endpoints_.end() ? nullptr : &found->second;
}

Votes HealthFindings::votes_of(const TriedEndpoint& endpoint) const {
  const Found* found = find(endpoint);
  return found == nullptr ? Votes() : found->votes;
}

std::string HealthFindings::problem_of(const TriedEndpoint& endpoint) const {
  std::map<std::string, uint32_t> told;
  const Found* found = find(endpoint);
  if (found == nullptr) return {};
  for (const auto& [node, finding] : found->by_node) {
    const bool counts = finding.down && !finding.problem.empty() && !nodes_.at(node).silent;
    if (counts) ++told[finding.problem];
  }
  const auto most = std::max_element(
      told.begin(), told.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == told.end() ? "" : most->first;
}

std::vector<TriedEndpoint> HealthFindings::found_down() const {
  std::vector<TriedEndpoint> down;
  for (const auto& [endpoint, found] : endpoints_) {
    if (found.votes.are_for_down()) down.push_back(endpoint);
  }
  return down;
}

std::vector<v1::ListEndpointsResponse::Opinion> HealthFindings::opinions_of(
    const TriedEndpoint& endpoint) const {
  std::vector<v1::ListEndpointsResponse::Opinion> opinions;
  const Found* found = find(endpoint);
  if (found == nullptr) return opinions;
  for (const auto& [node, finding] : found->by_node) {
    if (nodes_.at(node).silent) continue;
    v1::ListEndpointsResponse::Opinion& opinion = opinions.emplace_back();
    opinion.set_node_id(node);
    opinion.set_health(finding.down ? v1::HealthReport::DOWN : v1::HealthReport::UP);
    opinion.set_problem(finding.problem);
  }
  return opinions;
}

}  // namespace limpet

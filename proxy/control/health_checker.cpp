#include "proxy/control/health_checker.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <spdlog/spdlog.h>

#include "core/base/secure_hash.h"
#include "core/base/text.h"

namespace limpet {
namespace {

using Health = HealthTracker::Health;
using std::chrono::milliseconds;

constexpr int64_t kSoonMs = 1'000;
constexpr milliseconds kGather{50};  // what is found within it is reported together
constexpr int64_t kExpiryMs = 1'000;

int64_t now_ms() {
  return std::chrono::duration_cast<milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Somewhere from 0 to the length, for each endpoint and node another place.
int64_t place_within(int64_t length_ms, std::string_view node, std::string_view cluster,
                     uint64_t endpoint_uid) {
  const uint64_t hash = id64_of_parts({"health", node, cluster, std::to_string(endpoint_uid)});
  return static_cast<int64_t>(hash % static_cast<uint64_t>(length_ms + 1));
}

}  // namespace

HealthChecker::HealthChecker(boost::asio::io_context& io, Options options)
    : io_(io), options_(std::move(options)), timer_(io), report_timer_(io) {}

HealthChecker::~HealthChecker() { stop(); }

void HealthChecker::stop() {
  stopped_ = true;
  timer_.cancel();
  report_timer_.cancel();
  for (auto& [key, watched] : watched_) end_try(watched);
}

std::vector<HealthFinding> HealthChecker::findings() const {
  std::vector<HealthFinding> all;
  for (const auto& [key, watched] : watched_) {
    const HealthTracker& tracker = watched.tracker;
    if (tracker.health() == Health::kUntried) continue;
    all.push_back({key.first, key.second, tracker.health(), tracker.problem()});
  }
  return all;
}

// ---- Whom to try.

void HealthChecker::follow(const RoutingTable& table) {
  if (stopped_) return;
  std::vector<Watched*> soon;
  decltype(clusters_)::diff(clusters_, table.clusters,
                            [&](std::string_view name, const Cluster* before,
                                const Cluster* after) {
                              if (after != nullptr && (*after)->health != nullptr) {
                                watch(*after, soon);
                              } else if (before != nullptr && (*before)->health != nullptr) {
                                forget_all_of(name);
                              }
                            });
  clusters_ = table.clusters;
  try_soon(soon);
  begin_due();
}

void HealthChecker::watch(const Cluster& cluster, std::vector<Watched*>& soon) {
  const std::string& name = cluster->cluster.name;
  for (auto old = watched_.lower_bound({name, 0});
       old != watched_.end() && old->first.first == name;) {
    const auto here = old++;
    if (cluster->cluster.find(here->first.second) == nullptr) forget(here);
  }
  for (const Endpoint& endpoint : cluster->cluster.endpoints) {
    const auto [place, fresh] = watched_.try_emplace({name, endpoint.uid});
    Watched& watched = place->second;
    if (!fresh) {
      if (renew(watched, cluster)) soon.push_back(&watched);
      continue;
    }
    watched.key = &place->first;
    watched.cluster = cluster;
    soon.push_back(&watched);
  }
}

bool HealthChecker::renew(Watched& watched, const Cluster& cluster) {
  const Cluster before = std::exchange(watched.cluster, cluster);
  const uint64_t uid = watched.key->second;
  const bool moved =
      before->cluster.find(uid)->addresses != cluster->cluster.find(uid)->addresses ||
      before->tls != cluster->tls;
  if (moved) {
    end_try(watched);
    const bool was_known = watched.tracker.health() != Health::kUntried;
    watched.tracker = HealthTracker();
    if (was_known) note_change(watched);
  }
  // The one that runs is of the question before, and the next is not far.
  return moved || (watched.running == nullptr && *before->health != *cluster->health);
}

void HealthChecker::forget(std::map<Key, Watched>::iterator which) {
  Watched& watched = which->second;
  end_try(watched);
  schedule_.erase({watched.due_ms, &watched});
  const bool was_known = watched.tracker.health() != Health::kUntried;
  watched.tracker = HealthTracker();
  if (was_known) note_change(watched);
  watched_.erase(which);
}

void HealthChecker::forget_all_of(std::string_view cluster) {
  for (auto place = watched_.lower_bound({std::string(cluster), 0});
       place != watched_.end() && place->first.first == cluster;) {
    forget(place++);
  }
}

void HealthChecker::try_soon(const std::vector<Watched*>& soon) {
  const int64_t now = now_ms();
  for (Watched* watched : soon) {
    const int64_t most = std::min(kSoonMs, watched->cluster->health->interval_ms);
    watched->placed = false;
    schedule(*watched, soon.size() <= kMaxTries
                           ? now
                           : now + place_within(most, options_.node_id, watched->key->first,
                                                watched->key->second));
  }
}

// ---- The tries.

void HealthChecker::schedule(Watched& watched, int64_t due_ms) {
  schedule_.erase({watched.due_ms, &watched});
  watched.due_ms = due_ms;
  schedule_.emplace(due_ms, &watched);
}

void HealthChecker::end_try(Watched& watched) {
  if (watched.running == nullptr) return;
  watched.running->cancel();
  watched.running.reset();
  --running_;
}

void HealthChecker::begin_due() {
  if (stopped_) return;
  const int64_t now = now_ms();
  while (running_ < kMaxTries && !schedule_.empty() && schedule_.begin()->first <= now) {
    begin(*schedule_.begin()->second, now);
  }
  if (running_ == kMaxTries) expire_waiting(now);
  wait_for_next(now);
}

void HealthChecker::begin(Watched& watched, int64_t now) {
  schedule_.erase({watched.due_ms, &watched});
  watched.began_ms = now;
  const RoutingCluster& cluster = *watched.cluster;
  HealthTry::Question question;
  question.addresses = cluster.cluster.find(watched.key->second)->addresses;
  question.settings = cluster.health;
  if (cluster.tls != nullptr) question.tls = options_.tls_client(*cluster.tls);
  question.user_agent = str_cat("limpet-health/", options_.build);
  question.node_id = options_.node_id;
  ++running_;
  // Whoever forgets the endpoint ends its try.
  watched.running = std::make_shared<HealthTry>(
      io_, std::move(question),
      [this, &watched](HealthTry::Result result, std::string_view problem) {
        finish(watched, result, problem);
      });
  watched.running->start();
}

void HealthChecker::finish(Watched& watched, HealthTry::Result result, std::string_view problem) {
  watched.running.reset();
  --running_;
  const int64_t now = now_ms();
  const HealthSettings& settings = *watched.cluster->health;
  const bool changed = result == HealthTry::Result::kNotMade
                           ? watched.tracker.expire(settings, now)
                           : watched.tracker.note_try(settings, problem, now);
  if (changed) note_change(watched);
  int64_t pause_ms = settings.interval_ms;
  if (!std::exchange(watched.placed, true)) {
    const int64_t half = pause_ms / 2;
    pause_ms = half + place_within(half, options_.node_id, watched.key->first,
                                   watched.key->second);
  }
  schedule(watched, std::max(now, watched.began_ms + pause_ms));
  begin_due();
}

void HealthChecker::expire_waiting(int64_t now) {
  if (now < next_expiry_ms_) return;
  next_expiry_ms_ = now + kExpiryMs;
  for (const auto& [due_ms, watched] : schedule_) {
    if (due_ms > now) return;
    if (watched->tracker.expire(*watched->cluster->health, now)) note_change(*watched);
  }
}

void HealthChecker::wait_for_next(int64_t now) {
  if (stopped_ || schedule_.empty()) return;
  const int64_t next_ms = running_ == kMaxTries ? next_expiry_ms_ : schedule_.begin()->first;
  timer_.expires_after(milliseconds(std::max(int64_t{0}, next_ms - now)));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) begin_due();
  });
}

// ---- What is found.

void HealthChecker::note_request_failure(const std::string& cluster, uint64_t endpoint_uid) {
  const auto found = watched_.find({cluster, endpoint_uid});
  if (stopped_ || found == watched_.end()) return;
  Watched& watched = found->second;
  const int64_t now = now_ms();
  const bool decides = watched.tracker.note_request_failure(*watched.cluster->health, now);
  if (!decides || watched.running != nullptr) return;
  schedule(watched, now);
  begin_due();
}

void HealthChecker::note_change(const Watched& watched) {
  const auto& [cluster, uid] = *watched.key;
  const HealthTracker& tracker = watched.tracker;
  if (tracker.health() == Health::kDown) {
    spdlog::warn("endpoint {} of {} is down, as this node finds: {}",
                 watched.cluster->cluster.find(uid)->name, cluster, tracker.problem());
  }
  if (changes_.empty()) {
    report_timer_.expires_after(kGather);
    report_timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error) report();
    });
  }
  changes_[*watched.key] = {cluster, uid, tracker.health(), tracker.problem()};
}

void HealthChecker::report() {
  if (stopped_) return;
  std::vector<HealthFinding> findings;
  for (auto& [key, finding] : changes_) findings.push_back(std::move(finding));
  changes_.clear();
  options_.on_findings(std::move(findings));
}

}  // namespace limpet

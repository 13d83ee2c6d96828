#include "server/dns/schedule.h"

#include <algorithm>

namespace limpet {

int64_t dns_wait_ms(int64_t interval_ms, int64_t ttl_ms, int failures, uint64_t random) {
  constexpr int kMaxDoublings = 20;
  int64_t wait = std::max<int64_t>(ttl_ms, 0);
  if (failures > 0) {
    wait = DnsSchedule::kMinWaitMs << std::min(failures - 1, kMaxDoublings);
  }
  wait = std::min(wait, interval_ms);
  wait -= static_cast<int64_t>(random % static_cast<uint64_t>(wait / 10 + 1));
  return std::max(wait, DnsSchedule::kMinWaitMs);
}

void DnsSchedule::set(const EntryKey& service, const DnsTarget& target, int64_t now_ms) {
  const auto found = tasks_.find(service);
  if (found != tasks_.end() && found->second.target == target) return;
  remove(service);
  Task& task = tasks_[service];
  task.target = target;
  wait_until(service, task, now_ms);
}

void DnsSchedule::remove(const EntryKey& service) {
  const auto found = tasks_.find(service);
  if (found == tasks_.end()) return;
  due_.erase({found->second.due_ms, service});
  tasks_.erase(found);
}

std::vector<DnsSchedule::Round> DnsSchedule::begin(int64_t now_ms) {
  std::vector<Round> rounds;
  while (rounds_ < kMaxRounds && !due_.empty() && due_.begin()->first <= now_ms) {
    const EntryKey service = due_.begin()->second;
    due_.erase(due_.begin());
    Task& task = tasks_.at(service);
    task.number = next_number_++;
    task.under_way = true;
    ++rounds_;
    rounds.push_back({service, task.target, task.number});
  }
  return rounds;
}

bool DnsSchedule::finish(const Round& round, const DnsResult& result, int64_t now_ms,
                         uint64_t random) {
  --rounds_;
  const auto found = tasks_.find(round.service);
  if (found == tasks_.end()) return false;
  Task& task = found->second;
  if (!task.under_way || task.number != round.number) return false;
  task.under_way = false;
  task.failures = result.good ? 0 : task.failures + 1;
  wait_until(round.service, task,
             now_ms + dns_wait_ms(task.target.interval_ms, result.ttl_ms, task.failures, random));
  return true;
}

std::optional<int64_t> DnsSchedule::next_ms() const {
  if (due_.empty() || rounds_ >= kMaxRounds) return std::nullopt;
  return due_.begin()->first;
}

void DnsSchedule::wait_until(const EntryKey& service, Task& task, int64_t due_ms) {
  task.due_ms = due_ms;
  due_.emplace(due_ms, service);
}

}  // namespace limpet

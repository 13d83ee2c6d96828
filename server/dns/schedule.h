// When which Service's name is asked for again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "core/resource/dns_target.h"
#include "core/resource/object.h"
#include "server/dns/answer.h"

namespace limpet {

// Pure: the clock (milliseconds, of any beginning) and randomness are passed in. Each Service has
// one round of questions under way at most, and all together kMaxRounds; the others wait.
//
// After a good round the next one comes after the answers' time to live or the Service's interval,
// whichever is less; after another, in 1 s, 2 s, 4 s and so on up to the interval. Never sooner
// than kMinWaitMs, and up to a tenth earlier than said, so that those that began together do not
// stay together.
class DnsSchedule {
 public:
  static constexpr size_t kMaxRounds = 64;
  static constexpr int64_t kMinWaitMs = 1'000;

  struct Round {
    EntryKey service;
    DnsTarget target;
    uint64_t number = 0;
  };

  // The Service has the target from now on, and is due at once unless it had the same before.
  void set(const EntryKey& service, const DnsTarget& target, int64_t now_ms);
  void remove(const EntryKey& service);

  // Those that are due and may begin; they are under way from now on.
  std::vector<Round> begin(int64_t now_ms);

  // To be called once for each round. False: the Service is gone or has another target by now, and
  // what was found is of no use. `random` is any number.
  bool finish(const Round& round, const DnsResult& result, int64_t now_ms, uint64_t random);

  // When begin() is to be called next; nothing: not before finish() or set().
  std::optional<int64_t> next_ms() const;

 private:
  struct Task {
    DnsTarget target;
    uint64_t number = 0;  // of its newest round
    int64_t due_ms = 0;   // when no round is under way
    int failures = 0;     // since the last good round
    bool under_way = false;
  };

  void wait_until(const EntryKey& service, Task& task, int64_t due_ms);

  std::map<EntryKey, Task> tasks_;
  std::set<std::pair<int64_t, EntryKey>> due_;  // tasks without a round under way
  size_t rounds_ = 0;                           // under way, also of what is gone
  uint64_t next_number_ = 1;
};

// How long to wait after a round; `failures` counts those without an address, this one included.
int64_t dns_wait_ms(int64_t interval_ms, int64_t ttl_ms, int failures, uint64_t random);

}  // namespace limpet

// When the nodes are told of changes: at once when it is quiet, together when changes come faster
// than they can be told.
//
//   - Telling takes at most half of the teller's time: after a round that took n ms, the next
//     change waits until n ms have passed. A few nodes are told of every change within a
//     millisecond; a thousand are told of a burst in a few steps rather than in hundreds.
//   - No change waits longer than kMaxWait, however long a round took.
//   - A change of endpoints alone is told at once, with all that came before it: traffic runs into
//     endpoints that are gone.
#pragma once

#include <chrono>
#include <optional>

namespace limpet {

// Not thread-safe. Knows no clock.
class Pace {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::milliseconds kMaxWait{200};

  void on_change(Time now, bool urgent);
  // When what has changed is to be told; nothing when all is.
  std::optional<Time> due() const;
  // A round begins: it tells all that has changed so far.
  void on_round_begins();
  void on_round_ends(Time began, Time now);

 private:
  std::optional<Time> first_change_;  // that is not told yet
  bool urgent_ = false;
  Time quiet_until_{};
};

}  // namespace limpet

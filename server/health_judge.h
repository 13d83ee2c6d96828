// Makes verdicts of what the nodes find of endpoints, and of what becomes of the state.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/applier.h"
#include "server/health_verdicts.h"
#include "server/node_registry.h"
#include "server/publisher.h"
#include "server/serial_worker.h"
#include "server/signal.h"

namespace limpet {

// Lives on the io_context's one thread. Changes are made on the worker, one job at a time, with all
// verdicts of kGather. What a full worker does not take, or a disk, is tried again.
//
// Nodes come one by one, after the server's start, to another database, and when none was there:
// the first of them is not to decide for all. So for a while nobody is judged down, nor up again.
class HealthJudge : public std::enable_shared_from_this<HealthJudge> {
 public:
  static constexpr std::chrono::milliseconds kGather{100};
  static constexpr std::chrono::milliseconds kRetry{1000};

  // All must outlive it and its jobs, which end with the worker.
  struct Parts {
    boost::asio::io_context& io;
    Publisher& publisher;
    NodeRegistry& registry;
    Applier& applier;
    SerialWorker& worker;
    // After the start, for each epoch, and when nodes come where there were none, until somebody is
    // judged.
    std::chrono::milliseconds patience{NodeRegistry::kStaleMs};
  };

  static std::shared_ptr<HealthJudge> start(const Parts& parts);

 private:
  using Clock = std::chrono::steady_clock;

  explicit HealthJudge(const Parts& parts);

  void wake_in(std::chrono::milliseconds delay);  // unless it wakes sooner
  void look();
  std::vector<HealthVerdict> verdicts();
  void judged(const absl::Status& status);

  Parts parts_;
  boost::asio::steady_timer timer_;
  std::optional<Clock::time_point> wakes_at_;
  DownEndpoints down_;
  Epoch epoch_;  // of the last look
  Clock::time_point patient_until_;
  bool had_nodes_ = true;     // at the last look
  bool judging_ = false;      // a job is with the worker
  bool looks_again_ = false;  // when that is done
  std::vector<Signal::Subscription> subscriptions_;
};

}  // namespace limpet

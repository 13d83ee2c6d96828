// Ends the time of drained endpoints at their deadlines, and sees to it that the server knows when
// nodes came to serve a drain.
#pragma once

#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/system_timer.hpp>

#include "server/applier.h"
#include "server/drain_watch.h"
#include "server/node_registry.h"
#include "server/publisher.h"
#include "server/serial_worker.h"
#include "server/signal.h"

namespace limpet {

// Lives on the io_context's one thread. Changes are made on the worker, one job at a time, with all
// deadlines that have passed by then. What a full worker does not take, or a disk, is tried again.
class DrainDeadlines : public std::enable_shared_from_this<DrainDeadlines> {
 public:
  static constexpr int64_t kRetryMs = 1000;

  // All must outlive it and its jobs, which end with the worker.
  struct Parts {
    boost::asio::io_context& io;
    Publisher& publisher;
    NodeRegistry& registry;
    Applier& applier;
    SerialWorker& worker;
    DrainWatch& watch;
  };

  static std::shared_ptr<DrainDeadlines> start(Parts parts);

 private:
  explicit DrainDeadlines(Parts parts);

  void look();  // after the state or the nodes have changed
  void wake_at(int64_t unix_ms);
  void end_those_due();
  void ended(const absl::Status& status);

  Parts parts_;
  boost::asio::system_timer timer_;  // deadlines are times of the wall clock
  bool ending_ = false;              // a job is with the worker
  std::vector<Signal::Subscription> subscriptions_;
};

}  // namespace limpet

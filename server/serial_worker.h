#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace limpet {

// One thread that does jobs in turn: changes wait for the disk here and not on gRPC's threads,
// which the nodes' streams need. Thread-safe.
class SerialWorker {
 public:
  static constexpr size_t kMaxJobs = 256;

  SerialWorker();
  // Does the jobs that were accepted, then ends.
  ~SerialWorker();

  // False: kMaxJobs are waiting, and this one will not be done.
  [[nodiscard]] bool post(std::function<void()> job);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace limpet

// Holds up an endpoint's answers until it is opened.
#pragma once

#include <condition_variable>
#include <mutex>

namespace limpet::testing {

class Latch {
 public:
  ~Latch() { open(); }
  void open() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return is_open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ = false;  // guarded by mutex_
};

}  // namespace limpet::testing

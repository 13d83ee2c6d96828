// Where whoever serves keeps what lives on with a part of the configuration, from table to table:
// counts, queues, buckets. The core carries it and knows no more of it; where nobody serves it
// stays empty.
//
// Thread safety: any thread.
#pragma once

#include <atomic>
#include <memory>

namespace limpet {

// What can be kept.
class Living {
 public:
  virtual ~Living() = default;
};

class LiveSlot {
 public:
  LiveSlot() = default;
  ~LiveSlot() { delete living_.load(std::memory_order_acquire); }
  LiveSlot(const LiveSlot&) = delete;
  LiveSlot& operator=(const LiveSlot&) = delete;

  // Made when it is first asked for. Requires: a slot is always asked for the same type.
  template <typename T>
  T& get() {
    Living* present = living_.load(std::memory_order_acquire);
    if (present != nullptr) return static_cast<T&>(*present);
    auto made = std::make_unique<T>();
    if (!living_.compare_exchange_strong(present, made.get(), std::memory_order_acq_rel)) {
      return static_cast<T&>(*present);
    }
    return *made.release();
  }

 private:
  std::atomic<Living*> living_{nullptr};
};

}  // namespace limpet

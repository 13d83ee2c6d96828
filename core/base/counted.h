// Objects that count their holders in themselves. A std::shared_ptr takes 16 bytes, and 16 more
// beside its object; a CountedPtr takes 8, and 4 in the object. For what a routing table has one of
// for each route.
//
// Thread safety: as std::shared_ptr. Never more than 2^32 - 1 holders: they would fill 32 GiB.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace limpet {

class Counted {
 public:
  Counted() = default;
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 protected:
  ~Counted() = default;

 private:
  template <typename T>
  friend class CountedPtr;
  mutable std::atomic<uint32_t> holders_{0};
};

template <typename T>
class CountedPtr {
 public:
  CountedPtr() = default;
  CountedPtr(std::nullptr_t) {}  // NOLINT(google-explicit-constructor)
  explicit CountedPtr(T* object) : object_(object) { hold(); }
  CountedPtr(const CountedPtr& other) : object_(other.object_) { hold(); }
  CountedPtr(CountedPtr&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  template <typename U>
  CountedPtr(const CountedPtr<U>& other) : object_(other.get()) {  // NOLINT
    hold();
  }
  CountedPtr& operator=(CountedPtr other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~CountedPtr() {
    if (object_ != nullptr && object_->holders_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      delete object_;
    }
  }

  T* get() const { return object_; }
  T& operator*() const { return *object_; }
  T* operator->() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }
  friend bool operator==(const CountedPtr&, const CountedPtr&) = default;

 private:
  void hold() {
    if (object_ != nullptr) object_->holders_.fetch_add(1, std::memory_order_relaxed);
  }

  T* object_ = nullptr;
};

}  // namespace limpet

// Buffers for one direction of one connection, leased at the first byte and given back when
// drained: an idle connection holds none.
//
// The bytes lie in [begin, end). Reading starts behind a headroom, so that a rewritten head, which
// may be a little longer than the one it replaces, lands directly before the body bytes that were
// read with it, and both leave in one send.
//
// Threading: a pool and its buffers belong to one worker.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace limpet {

// The bytes that a rewritten head may be longer than the original.
inline constexpr size_t kHeadroom = 2048;

class Buffer {
 public:
  explicit Buffer(size_t capacity)
      : storage_(new char[capacity]), capacity_(capacity), begin_(kHeadroom), end_(kHeadroom) {}

  std::string_view bytes() const { return {storage_.get() + begin_, end_ - begin_}; }
  size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  size_t capacity() const { return capacity_; }
  size_t begin() const { return begin_; }

  // Where to read into, and how many bytes fit.
  char* space() { return storage_.get() + end_; }
  size_t space_size() const { return capacity_ - end_; }
  void commit(size_t size) { end_ += size; }
  void consume(size_t size) { begin_ += size; }
  // Takes consumed bytes back, to send them again. Requires: nothing was moved since.
  void rewind_to(size_t begin) { begin_ = begin; }
  void clear() { begin_ = end_ = kHeadroom; }

  // Moves the bytes to the front, behind the headroom.
  void compact() {
    std::memmove(storage_.get() + kHeadroom, storage_.get() + begin_, size());
    end_ = kHeadroom + size();
    begin_ = kHeadroom;
  }

  // Replaces the first `old_size` bytes by `head`. False when it does not fit.
  bool replace_front(size_t old_size, std::string_view head) {
    if (begin_ + old_size < head.size() && !make_headroom(head.size() - begin_ - old_size)) {
      return false;
    }
    begin_ = begin_ + old_size - head.size();
    std::memcpy(storage_.get() + begin_, head.data(), head.size());
    return true;
  }

 private:
  // Moves the bytes back by so many. False when they do not fit.
  bool make_headroom(size_t size) {
    if (space_size() < size) return false;
    std::memmove(storage_.get() + begin_ + size, storage_.get() + begin_, end_ - begin_);
    begin_ += size;
    end_ += size;
    return true;
  }

  std::unique_ptr<char[]> storage_;
  size_t capacity_;
  size_t begin_;
  size_t end_;
};

class BufferPool {
 public:
  static constexpr size_t kMaxHead = 64 * 1024;
  static constexpr size_t kSmall = 16 * 1024;  // for requests
  // For responses and large heads: one of the greatest length, and a byte by which it is too long.
  static constexpr size_t kLarge = kHeadroom + kMaxHead + 256;
  static constexpr size_t kMaxFree = 256;                  // kept of each size

  std::unique_ptr<Buffer> lease(size_t capacity) {
    leased_bytes_ += capacity;
    auto& free = capacity == kSmall ? small_ : large_;
    if (free.empty() || capacity > kLarge) return std::make_unique<Buffer>(capacity);
    std::unique_ptr<Buffer> buffer = std::move(free.back());
    free.pop_back();
    return buffer;
  }

  void give_back(std::unique_ptr<Buffer> buffer) {
    if (buffer == nullptr) return;
    leased_bytes_ -= buffer->capacity();
    if (buffer->capacity() > kLarge) return;
    auto& free = buffer->capacity() == kSmall ? small_ : large_;
    if (free.size() >= kMaxFree) return;
    buffer->clear();
    free.push_back(std::move(buffer));
  }

  // Of all buffers that are not given back.
  size_t leased_bytes() const { return leased_bytes_; }

  // A buffer with the same bytes and space for at least `more`: a large one, where that will do.
  std::unique_ptr<Buffer> enlarge(std::unique_ptr<Buffer> buffer, size_t more = 0) {
    std::unique_ptr<Buffer> large = lease(std::max(kLarge, kHeadroom + buffer->size() + more));
    std::memcpy(large->space(), buffer->bytes().data(), buffer->size());
    large->commit(buffer->size());
    give_back(std::move(buffer));
    return large;
  }

  // As Buffer::replace_front(), in another buffer where this one has no room: what came with the
  // old head may fill it. False when no head may be as long as that.
  bool replace_front(std::unique_ptr<Buffer>& buffer, size_t old_size, std::string_view head) {
    if (buffer->replace_front(old_size, head)) return true;
    if (head.size() > kMaxHead) return false;
    buffer = enlarge(std::move(buffer), head.size());
    return buffer->replace_front(old_size, head);
  }

 private:
  size_t leased_bytes_ = 0;
  std::vector<std::unique_ptr<Buffer>> small_;  // last in, first out: warm in the cache
  std::vector<std::unique_ptr<Buffer>> large_;
};

}  // namespace limpet

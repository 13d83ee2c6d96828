// What a session token says once it is opened: who the session is, and where it lives.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace limpet {

// When a state was current: the creation part of its epoch (Epoch::created) and its revision.
struct StateTime {
  uint64_t epoch_created = 0;  // 40 bits
  uint64_t revision = 0;       // 40 bits

  friend auto operator<=>(const StateTime&, const StateTime&) = default;
};

// A session's place within one scope (a Service port, or one rule of a route).
struct Binding {
  uint64_t scope = 0;
  uint64_t backend = 0;         // Cluster::id
  uint64_t endpoint = 0;        // Endpoint::uid
  uint64_t temporary = 0;       // the endpoint that serves while the first is away; 0: none
  uint32_t created_unix_s = 0;
  uint32_t last_seen_unix_s = 0;
  StateTime decided_at;         // the state in which the endpoint was chosen

  friend bool operator==(const Binding&, const Binding&) = default;
};

// Requires, throughout: no two bindings of one scope.
class SessionRecord {
 public:
  static constexpr size_t kMaxBindings = 8;

  SessionRecord() = default;
  explicit SessionRecord(uint64_t session_id) : session_id_(session_id) {}

  uint64_t session_id() const { return session_id_; }
  std::span<const Binding> bindings() const { return {bindings_.data(), count_}; }
  // Null when the session has no place in that scope.
  const Binding* find(uint64_t scope) const;
  // Replaces the scope's binding, or adds it; the oldest (by creation) makes room.
  void put(const Binding& binding);
  void erase(uint64_t scope);
  // When the session was last seen or bound, in any scope. 0 without bindings.
  uint32_t latest_unix_s() const;

 private:
  uint64_t session_id_ = 0;
  size_t count_ = 0;
  std::array<Binding, kMaxBindings> bindings_;  // oldest first
};

}  // namespace limpet

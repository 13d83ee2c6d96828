// What the server knows of one node on one stream, and what it sends next. Knows no gRPC: events
// go in, updates come out.
//
//   - One update is in flight at most. What happens meanwhile is not queued: when the node has
//     answered, the next update goes from what it then holds to what is newest then.
//   - A revision that the node refused is not sent again; the next one that exists is.
//   - A node that holds a state that is still known continues from it; any other gets everything.
//   - A node that serves another database's state (or more of this one than there is) is sent
//     nothing until an operator lets it follow: it would move to what may be an older state.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "limpet/v1/discovery.pb.h"
#include "server/state_source.h"

namespace limpet {

// Not thread-safe: the stream that owns it takes turns.
class NodeSession {
 public:
  // From `from` (the empty snapshot: the node drops what it has) to `to`.
  struct Update {
    Snapshot from;
    Snapshot to;
    bool adopt = false;  // the node leaves its epoch by it, as an operator has said
  };
  // What to send now, if anything. An error ends the stream: the node broke the protocol, or its
  // state is not what it should be, and a new Hello begins anew.
  using Next = absl::StatusOr<std::optional<Update>>;

  // The whole state must outlive the session.
  explicit NodeSession(const StateSource& whole) : whole_(whole) {}

  // `part`: the states that such a node gets; null: the whole.
  Next on_hello(const v1::Hello& hello, std::shared_ptr<const StateSource> part = nullptr);
  Next on_ack(const v1::Ack& ack);
  Next on_nack(const v1::Nack& nack);
  Next on_heartbeat() const;
  // There may be a newer state. Before the Hello: nothing.
  std::optional<Update> on_published();
  // An operator lets the node leave its epoch. Nothing to send when it does not wait for that.
  // FAILED_PRECONDITION: not even then, and the message says what to do.
  Next on_adopt();

  bool greeted() const { return greeted_; }
  // What the node serves, as far as it was told: the empty state while that is not known.
  const StateId& active() const { return active_; }
  // Why the node is sent nothing before on_adopt(), in words for the operator; empty: it is not so.
  std::string waits_for() const;
  // The newest revision that it refused on this stream and has not got past; 0: none.
  uint64_t rejected() const { return rejected_; }

 private:
  std::optional<Update> next();
  absl::Status require_hello() const;
  bool is_foreign(const StateId& head) const;

  const StateSource& source() const { return part_ ? *part_ : whole_; }

  const StateSource& whole_;
  std::shared_ptr<const StateSource> part_;
  bool greeted_ = false;
  StateId active_;                     // what the node serves
  Snapshot held_;                      // that state, while it is known here
  bool ahead_ = false;                 // it serves more of this database than there is
  bool adopting_ = false;              // it may leave its epoch
  std::optional<Snapshot> in_flight_;  // sent, not answered yet
  uint64_t rejected_ = 0;
};

}  // namespace limpet

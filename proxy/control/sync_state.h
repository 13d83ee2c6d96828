// The node's side of the stream as a state machine, without gRPC: what the node holds, the chunks
// of the delta that is arriving, and what a message means.
//
// Invariants: what is held is whole. It changes only by accept(), after the new state serves. It
// never goes back, and leaves its epoch only by a delta that says that an operator wants it.
#pragma once

#include <optional>
#include <string>

#include "core/snapshot/snapshot.h"
#include "limpet/v1/discovery.pb.h"

namespace limpet {

class SyncState {
 public:
  // `held`: the state to resume from; empty if there is none.
  explicit SyncState(Snapshot held) { accept(std::move(held)); }

  struct Update {
    enum class Kind {
      kPartial,   // more chunks are to come
      kActivate,  // `next` is whole: make it serve, then accept() it
      kReject,    // the state is not to be taken; `problem` goes to the server as a Nack
      kResync,    // the stream makes no sense; `problem` goes to the log, begin a new one
    };
    Kind kind = Kind::kPartial;
    Snapshot next;
    Delta delta;        // from the held state to `next`
    bool full = false;  // `delta` begins at the empty state
    std::string problem;
  };

  Update on_delta(const v1::Delta& message);
  // The stream is over: chunks of an unfinished delta are worth nothing.
  void on_stream_lost() { arriving_.reset(); }

  void accept(Snapshot next) {
    held_ = std::move(next);
    served_ = held_.id();
  }
  const Snapshot& held() const { return held_; }

 private:
  struct Arriving {
    StateId from;
    StateId to;
    uint32_t next_chunk = 0;
    uint32_t chunks = 0;
    bool adopt = false;
    Delta delta;
  };

  std::string begin(const v1::Delta& message);
  std::string append(const v1::Delta& message);
  Update finish();
  std::string refusal(const StateId& next, bool adopt) const;

  Snapshot held_;
  StateId served_;  // the newest that was held: nothing older is taken
  std::optional<Arriving> arriving_;
};

}  // namespace limpet

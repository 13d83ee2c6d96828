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

  void accept(Snapshot next);
  const Snapshot& held() const { return held_; }
  // What a Hello says of it. After a delta from it went wrong: its epoch and revision alone, which
  // no server takes for a state that it knows, so that everything is sent. (Nothing at all would
  // hide from a server of another epoch that this node waits to be adopted.)
  StateId resume() const;

 private:
  struct Arriving {
    StateId from;
    StateId to;
    uint32_t next_chunk = 0;
    uint32_t chunks = 0;
    bool adopt = false;
    Delta delta;
  };

  // What is held cannot be trusted to be what the server thinks it is.
  void distrust() { trusted_ = false; }
  std::string begin(const v1::Delta& message);
  std::string append(const v1::Delta& message);
  Update finish();
  std::string refusal(const StateId& next, bool adopt) const;

  Snapshot held_;
  bool trusted_ = true;
  std::optional<Arriving> arriving_;
};

}  // namespace limpet

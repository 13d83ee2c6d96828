// The nodes of the fleet: those connected, and those seen since the server started.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "core/snapshot/state_id.h"
#include "limpet/v1/discovery.pb.h"
#include "limpet/v1/management.pb.h"
#include "server/health_findings.h"
#include "server/signal.h"

namespace limpet {

// Thread-safe.
class NodeRegistry {
 public:
  // Beyond it the node that was gone longest is forgotten; with all connected, one more is
  // refused.
  static constexpr size_t kMaxNodes = 10'000;
  static constexpr size_t kMaxReasons = 100;   // kept of a Nack
  static constexpr int64_t kStaleMs = 15'000;  // three heartbeats

  // Names a stream's place in the registry; a later stream of the same node takes it over.
  struct Ticket {
    std::string node_id;
    uint64_t stream = 0;
  };
  // What others may ask of a stream. Called on their threads; it must outlive the registry, or
  // hold weakly what it touches.
  struct Stream {
    std::function<void(const absl::Status&)> end;
    // Lets the node leave its epoch. False: it was not waiting for that.
    std::function<absl::StatusOr<bool>()> adopt;
  };

  // Takes the node's place for a new stream. An older stream of that node is ended (`end` of that
  // one is called, on this thread) and can change nothing any more. RESOURCE_EXHAUSTED: too many
  // nodes.
  absl::StatusOr<Ticket> connect(const v1::Hello& hello, const std::string& peer, Stream stream,
                                 int64_t now_unix_ms);

  // These do nothing when the ticket's place has been taken over.
  void active(const Ticket& ticket, const StateId& state, int64_t apply_micros,
              int64_t now_unix_ms);
  void rejected(const Ticket& ticket, const v1::Nack& nack, int64_t now_unix_ms);
  // While the node serves `active` it is sent nothing, for this reason, until it is adopted
  // (NodeStatus.held). Nothing happens when it serves another state by now.
  void held(const Ticket& ticket, const StateId& active, const std::string& reason);
  // It is on its way now: whoever waits for it to serve the new state does not wait in vain.
  void released(const Ticket& ticket);
  void reported(const Ticket& ticket, const v1::Report& report, int64_t now_unix_ms);
  // What is new of the endpoints that it tries. False: the node tells
  // of more of them than are kept (HealthFindings::kMaxOfNode).
  bool found(const Ticket& ticket, const v1::HealthReport& report, int64_t now_unix_ms);
  void seen(const Ticket& ticket, int64_t now_unix_ms);
  // What the node would begin with after a restart; without the digest.
  void kept(const Ticket& ticket, const StateId& state);
  void disconnected(const Ticket& ticket, int64_t now_unix_ms);

  // Lets these connected nodes, or all, leave their epochs; returns those that had waited for it,
  // and are held no more. NOT_FOUND, and nothing done, when one that is named is not connected;
  // else the first refusal of a stream, after all were asked.
  absl::StatusOr<std::vector<std::string>> adopt(const v1::AdoptNodesRequest& request);

  // Ordered by id. A connected node that has been silent for kStaleMs is stale.
  std::vector<v1::NodeStatus> list(int64_t now_unix_ms) const;

  // How far the connected nodes are with a revision of the epoch; done when so many of a hundred
  // serve it.
  v1::WaitActiveResponse progress(Epoch epoch, uint64_t revision, uint32_t percent = 100) const;

  // Connected nodes that serve a state of another epoch: they wait to be adopted.
  uint32_t of_other_epochs(Epoch epoch) const;

  // The nodes of which something has changed (that they were heard of apart) since the version, as
  // of which an answer of this call was; 0: all.
  struct Changes {
    uint64_t version = 0;
    std::vector<v1::NodeStatus> nodes;  // ordered by id
    uint64_t forgotten = 0;             // nodes, since the server started
  };
  Changes changes_since(uint64_t version, int64_t now_unix_ms) const;

  // What each node serves, and served when it connected.
  struct Place {
    std::string node_id;
    bool connected = false;
    StateId active;
    StateId first;  // that its stream has told; of revision 0 until it has told any
    uint64_t first_version = 0;  // as of which that was told
    StateId kept;  // on its disk, as its heartbeats tell; without the digest
  };
  struct Places {
    uint64_t version = 0;
    std::vector<Place> nodes;  // ordered by id
  };
  Places places() const;
  bool knows(const std::string& node_id) const;
  size_t connected() const;  // how many nodes are

  // look(findings) under the lock. Those of a node that has gone, or begun another stream without
  // telling anew, count for kStaleMs; those of stale ones do not.
  template <typename Look>
  auto look_at_findings(const Look& look) const {
    const std::lock_guard lock(mutex_);
    return look(findings_);
  }

  // Tells of nodes that have become stale, and forgets what those that are gone have found. To be
  // called now and then.
  void look_for_stale(int64_t now_unix_ms);

  // After a node came, went, answered an update, reported, or became stale or well again.
  Signal& changed() { return changed_; }
  // After a node came to keep another state on its disk: with most heartbeats while there are
  // changes, and no change of any version.
  Signal& kept_changed() { return kept_changed_; }
  // After a node found an endpoint up or down that it did not before. Its coming, going, and
  // silence change the findings, too.
  Signal& findings_changed() { return findings_changed_; }

 private:
  struct Node {
    v1::NodeStatus status;
    StateId active;
    StateId first;  // of this stream
    uint64_t first_version = 0;
    StateId kept;
    uint64_t stream_number = 0;  // 0: not connected
    Stream stream;
    uint64_t version = 0;     // of its last change
    bool known_stale = false;  // told as stale
    int64_t findings_until_ms = 0;  // those of a stream that is over count; 0: there are none
  };

  // Requires: the lock is held. Null when the place was taken over.
  Node* find(const Ticket& ticket);
  bool make_room();
  void let_findings_grow_old(const std::string& id, Node& node, int64_t now_unix_ms);
  void touch(Node& node) { node.version = ++version_; }
  // Heard of: true when that is news, because it was told as stale.
  bool hear(Node& node, int64_t now_unix_ms);

  mutable std::mutex mutex_;
  std::map<std::string, Node> nodes_;
  uint64_t last_stream_ = 0;
  uint64_t version_ = 0;
  uint64_t forgotten_ = 0;
  HealthFindings findings_;
  Signal changed_;
  Signal kept_changed_;
  Signal findings_changed_;
};

}  // namespace limpet

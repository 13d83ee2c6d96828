// A server and some nodes, as their state machines have it, joined by streams that delay, break
// and lose. What happens next is drawn from a seed, so that a failure can be had again. What must
// always hold is checked at every step (gtest's EXPECT).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "proxy/control/sync_state.h"
#include "server/delta_chunks.h"
#include "server/node_session.h"
#include "server/publisher.h"

namespace limpet {

class World {
 public:
  // What has happened: a test of nothing is none.
  struct Counts {
    size_t activated = 0;
    size_t refused = 0;      // Nacks of what the node could not serve
    size_t rejected = 0;     // Nacks of what the node may not take
    size_t resyncs = 0;      // the node gave the stream up
    size_t closed = 0;       // the server did
    size_t cut_deltas = 0;   // streams that were lost between two chunks
    size_t altered = 0;      // messages that arrived with another content
    size_t patches = 0;      // entries that were sent as patches
    size_t largest = 0;      // bytes of a message
    size_t left_epochs = 0;  // nodes that moved to another epoch
  };

  // `epochs`: the server's database is also exchanged for older copies and restored ones.
  World(uint64_t seed, bool epochs, size_t nodes, Counts& counts);

  // One event.
  void step();
  // No more faults; afterwards all nodes hold the server's state, or an EXPECT has failed.
  void settle();

 private:
  struct Stream {
    explicit Stream(const Publisher& publisher) : session(std::in_place, publisher) {}

    std::optional<NodeSession> session;  // nothing: the server's end is gone
    std::deque<v1::NodeMessage> to_server;
    std::deque<std::string> to_node;  // serialised
    bool broken = false;              // takes no more messages; those on their way still arrive
    bool news = false;                // the server has not looked at the newest state for it yet
    bool adopted = false;
    std::optional<StateId> in_flight;
  };
  using StreamPtr = std::shared_ptr<Stream>;

  struct Node {
    std::string id;
    SyncState state{Snapshot()};
    Snapshot file;   // what it starts from: some state that it served
    StateId served;  // the newest of this run
    std::optional<SyncState::Update> activating;
    bool in_delta = false;
    bool altered = false;  // a message was, since the last activation
    StreamPtr stream;      // null: not connected
  };

  size_t draw(size_t below) { return static_cast<size_t>(random_() % below); }
  bool chance(size_t one_in) { return draw(one_in) == 0; }
  Node& any_node() { return nodes_[draw(nodes_.size())]; }

  // The server's side.
  void publish();
  void add_change(Delta& delta, bool large, size_t number);
  void restart_server();
  void exchange_database();
  void restore_database(const Snapshot& state);
  void adopt();
  void look(Stream& stream);
  void receive_at_server(Stream& stream);
  void send(Stream& stream, const NodeSession::Update& update);
  void close(Stream& stream);
  void take(Snapshot next);
  const Snapshot& head() const { return history_.back(); }

  // The nodes' side.
  void connect(Node& node);
  void receive_at_node(Node& node);
  void on_delta(Node& node, const v1::Delta& delta);
  void alter(Node& node, v1::Delta& delta);
  void answer(Node& node, v1::NodeMessage message);
  void nack(Node& node, uint64_t revision);
  void finish_activation(Node& node);
  void check_state(const Node& node, const Snapshot& state);
  void lose_stream(Node& node);
  void restart_node(Node& node);

  void cut(Stream& stream);
  void drain();
  bool settled() const;

  std::mt19937_64 random_;
  const bool epochs_;
  Counts& counts_;
  bool faults_ = true;
  uint64_t next_epoch_ = 1;
  std::map<std::string, Snapshot> had_;  // every state that a server had, by its name
  std::set<Epoch> adopted_;
  std::vector<Snapshot> history_;  // of the database; the last is its head
  DeltaCache deltas_;
  std::unique_ptr<Publisher> publisher_;
  std::vector<StreamPtr> streams_;  // the server's
  std::vector<Node> nodes_;
};

}  // namespace limpet

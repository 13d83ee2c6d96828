// A server and some nodes, as their state machines have it, joined by streams that delay, break
// and lose. What the states are made of, and what happens next, is the business of who derives from
// it; what must always hold of the streams is checked here at every event (gtest's EXPECT).
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

class Coupling {
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

  virtual ~Coupling() = default;
  Coupling(const Coupling&) = delete;
  Coupling& operator=(const Coupling&) = delete;

 protected:
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

  // `copies`: an older copy may take the database's place, under its epoch.
  // There is no server before the first replace().
  Coupling(uint64_t seed, size_t nodes, bool copies, Counts& counts);

  // The node serves `state` from now on. It may be an older one only after on_restarted().
  virtual void on_serving(const Node& /*node*/, const Snapshot& /*state*/) {}
  // The node begins anew, from its file.
  virtual void on_restarted(const Node& /*node*/) {}

  size_t draw(size_t below) { return static_cast<size_t>(random_() % below); }
  bool chance(size_t one_in) { return draw(one_in) == 0; }
  Node& any_node() { return nodes_[draw(nodes_.size())]; }

  // The server's side.
  Snapshot head() const { return publisher_->head(); }
  // The state after the head, of its epoch.
  void release(Snapshot next);
  // Another database in the place of the one that is served, whose past nobody knows.
  void replace(Snapshot next);
  void restart_server(Snapshot state);
  void adopt();
  void look(Stream& stream);
  void receive_at_server(Stream& stream);

  // The nodes' side.
  void connect(Node& node);
  void receive_at_node(Node& node);
  void finish_activation(Node& node);
  void restart_node(Node& node);

  void cut(Stream& stream);
  // No more faults; afterwards all nodes hold the server's state, or an EXPECT has failed.
  // `adopting`: operators let them leave their epochs.
  void come_to_rest(bool adopting);

  std::mt19937_64 random_;
  Counts& counts_;
  std::vector<StreamPtr> streams_;  // the server's
  std::vector<Node> nodes_;
  std::set<Epoch> adopted_;

 private:
  void send(Stream& stream, const NodeSession::Update& update);
  void close(Stream& stream);
  void on_delta(Node& node, const v1::Delta& delta);
  void alter(Node& node, v1::Delta& delta);
  void answer(Node& node, v1::NodeMessage message);
  void nack(Node& node, uint64_t revision);
  void check_state(const Node& node, const Snapshot& state);
  void lose_stream(Node& node);
  void drain();
  bool settled() const;

  const bool copies_;
  bool faults_ = true;
  std::map<std::string, Snapshot> had_;  // every state that a server had, by its name
  DeltaCache deltas_;
  std::unique_ptr<Publisher> publisher_;
};

}  // namespace limpet

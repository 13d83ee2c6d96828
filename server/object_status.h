// The status of an object as the API tells it: what the configuration says of it
// (core/routing/status.h), and how far the nodes are with it. Told anew for every answer, and
// stored nowhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/resource/condition.h"
#include "core/routing/routing_table.h"
#include "core/routing/scope.h"
#include "core/routing/status.h"
#include "core/snapshot/snapshot.h"
#include "limpet/v1/management.pb.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {

// What the connected nodes serve, refuse and cannot open, put in order once for any number of
// objects.
class NodeFacts {
 public:
  static constexpr size_t kShown = 3;  // nodes that one message names

  // What a node gets of the newest state that serves only these Gateways (none: all); nothing:
  // everything.
  using PartOf = std::function<std::optional<Snapshot>(const GatewayNames&)>;

  // Of states of `epoch`; a node that serves another epoch's serves none of them.
  NodeFacts(const std::vector<v1::NodeStatus>& nodes, Epoch epoch, const PartOf& part_of);

  // One object in its newest form.
  struct Subject {
    const EntryKey& key;
    uint64_t revision = 0;          // of its last change
    std::set<uint32_t> ports = {};  // that nodes are to open for it
  };
  struct Told {
    Verdict active;  // the condition Active
    v1::NodeCounts counts;
  };
  // Costs in proportion to what is refused of it and not opened for it, and to the different parts
  // that nodes get; not to the nodes.
  Told tell(const Subject& subject) const;

 private:
  struct Node {
    std::string id;
    size_t group = 0;       // in groups_
    uint64_t active = 0;    // revision; 0: of another epoch, or none
    uint64_t rejected = 0;  // revision; 0: none since
    bool held = false;
  };
  // Nodes that get the same.
  struct Group {
    std::optional<Snapshot> part;  // that they get; nothing: everything
    std::vector<Node> nodes;       // those that serve the least first
    std::vector<std::string> stale;
  };
  struct Problem {
    Node node;
    std::string text;
  };
  struct Tally;

  void add(const v1::NodeStatus& status, Node node);
  static bool is_for(const Group& group, const Subject& subject);
  void count(const Group& group, const Subject& subject, Tally& tally) const;
  void find_problems(const Subject& subject, Tally& tally) const;
  Verdict judge(const Tally& tally) const;

  std::vector<Group> groups_;
  std::map<EntryKey, std::vector<Problem>> refusals_;
  std::map<uint32_t, std::vector<Problem>> unopened_;  // by port
};

// Fills in the status of the object, which is the entry's. `table` is that of the state that has
// the entry; null, when that does not compile: then the nodes are all there is to tell of.
// `sources`: what the values of Secrets tell, opened.
void tell_status(const RoutingTable* table, const StatusSources& sources, const NodeFacts& nodes,
                 const Entry& entry, v1::Resource& resource);

}  // namespace limpet

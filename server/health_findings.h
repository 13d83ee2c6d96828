// What connected nodes find of the endpoints that they try (HealthReport of
// proto/limpet/v1/discovery.proto), and how many of them say the same.
//
// A finding holds for as long as its node's stream, and a while longer: a node that restarts has
// tried the endpoint a moment ago, and the others alone are not to decide meanwhile. While a node
// is silent its findings do not count; they do again once it is heard, as it tells only what is
// new.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

#include "limpet/v1/discovery.pb.h"
#include "limpet/v1/endpoints.pb.h"

namespace limpet {

// One endpoint behind one port of a Service.
struct TriedEndpoint {
  std::string ns;
  std::string service;
  int32_t port = 0;
  uint64_t uid = 0;

  friend auto operator<=>(const TriedEndpoint&, const TriedEndpoint&) = default;
};

// Of nodes that count and have tried the endpoint.
struct Votes {
  uint32_t up = 0;
  uint32_t down = 0;

  uint32_t nodes() const { return up + down; }
  // More than half of the nodes say so. With a tie, or no node, neither holds.
  bool are_for_up() const { return up > down; }
  bool are_for_down() const { return down > up; }

  friend bool operator==(const Votes&, const Votes&) = default;
};

// Knows no clock, and not what the state has: what is found of endpoints that do not exist is kept,
// and nobody asks for it. Not thread-safe.
class HealthFindings {
 public:
  static constexpr size_t kMaxOfNode = 100'000;
  static constexpr size_t kMaxProblemBytes = 200;

  struct Taken {
    bool news = false;  // a vote has changed
    bool all = true;    // else the node has kMaxOfNode, and what was beyond that is dropped
  };
  Taken take(const std::string& node, const v1::HealthReport& report);
  // The node's stream is over: what it has told counts until it tells anew, or drop_old(). Of a
  // silent node nothing does any more. True, of all of these: a vote has changed.
  bool grow_old(const std::string& node);
  bool drop_old(const std::string& node);
  bool forget(const std::string& node);
  bool set_silent(const std::string& node, bool silent);

  Votes votes_of(const TriedEndpoint& endpoint) const;
  // What most of those that found it down have told, as far as they told it; of several the first
  // in alphabetical order.
  std::string problem_of(const TriedEndpoint& endpoint) const;
  // Those with more than half of the votes for down, in order.
  std::vector<TriedEndpoint> found_down() const;
  // Of nodes that count, by id.
  std::vector<v1::ListEndpointsResponse::Opinion> opinions_of(const TriedEndpoint& endpoint) const;

 private:
  struct Finding {
    bool down = false;
    std::string problem;
    bool old = false;  // of a stream that is over
  };
  struct Found {
    Votes votes;
    std::map<std::string, Finding> by_node;  // of silent nodes, too
  };
  using Endpoints = std::map<TriedEndpoint, Found>;
  struct Node {
    bool silent = false;
    std::unordered_set<const Endpoints::value_type*> tried;
  };

  // True: a vote has changed. Requires, of drop(): the node has told of it.
  bool put(const std::string& id, Node& node, const TriedEndpoint& endpoint, Finding finding);
  bool drop(const std::string& id, Node& node, Endpoints::iterator endpoint);
  const Found* find(const TriedEndpoint& endpoint) const;

  Endpoints endpoints_;  // that any node has tried
  std::map<std::string, Node> nodes_;
};

}  // namespace limpet

// A server, its database and its nodes: what is configured, on the way and served. The server plans
// its changes as the real one does; nodes follow over the streams of the coupling. Which keys there
// are and which one seals is read from each state.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "server/apply.h"
#include "server/context.h"
#include "server/health_verdicts.h"
#include "server/slice_index.h"
#include "tests/simulation/changes.h"
#include "tests/simulation/facts.h"
#include "tests/simulation/gateway.h"
#include "tests/stream/coupling.h"

namespace limpet::simulation {

using FactsPtr = std::shared_ptr<const Facts>;

class Cluster : public Coupling {
 public:
  struct Member {
    Member(const std::string& id, int64_t skew_s, const TokenCodec::FillRandom& fill)
        : gateway(id, skew_s, fill) {}

    Gateway gateway;
    FactsPtr facts;    // of the state that it serves; null: none
    unsigned lag = 0;  // 0: follows at once; greater: seldom
  };
  // Gets each step in words; null: nobody listens.
  using Say = std::function<void(const std::string&)>;

  Cluster(uint64_t seed, Counts& counts, Say listener);

  // Something happens to the configuration, the database, a node or a stream.
  void event();
  // Messages go their ways for a while, at each node as fast as it is.
  void pump();
  void pass(int64_t seconds) { true_s_ += seconds; }

  size_t size() const { return members_.size(); }
  Member& member(size_t number) { return members_[number]; }
  const std::string& name(size_t number) const { return nodes_[number].id; }
  int64_t true_s() const { return true_s_; }
  bool has_many_rules() const { return now().config.rules.contains("/p0"); }
  size_t draw(size_t below) { return Coupling::draw(below); }
  // What the server or a node would not do, and should have; empty: nothing.
  const std::string& problem() const { return problem_; }
  // How often another key came to mint, without a restore.
  size_t keys_turned() const { return keys_turned_; }
  size_t keys_gone() const { return keys_gone_; }
  // Whether the nodes have judged it down, and up again.
  bool has_recovered(const Identity& identity) const { return recovered_.contains(identity); }
  // Whether a connected node finds it down.
  bool is_doubted(const Identity& identity) const { return votes_of(identity).down > 0; }

 private:
  struct Saved {
    Snapshot state;
    FactsPtr facts;
  };

  template <typename... Parts>
  void say(const Parts&... parts) const {
    if (say_) say_(str_cat(parts...));
  }
  void on_serving(const Node& node, const Snapshot& state) override;
  void on_restarted(const Node& node) override;

  // Of the database.
  void change_config();
  void roll_back();
  void save();
  void restore();
  void begin_anew();
  // Of operators (cluster_operators.cpp).
  bool any_endpoint(std::string& service, Listing& listing);
  void drain_one();
  void end_drains();
  void evict_some();
  // Of keys (cluster_keys.cpp).
  void rotate_keys();
  void step_keys();
  void check_keys(const Snapshot& before);
  void commit(const absl::StatusOr<Plan>& plan, Facts facts, const std::string& words);
  // Of endpoints that are well or not (cluster_health.cpp).
  void fail_one();
  void try_endpoints();
  void try_endpoints_of(const Node& node, Member& member);
  void judge_endpoints();
  void forget_the_lost();
  std::string judge_by_facts(Facts& facts);
  Votes votes_of(const Identity& identity) const;
  bool plan(const Config& next, const Snapshot& before, const SliceIndex& index, Snapshot& state);
  void keep(const Snapshot& state, Facts facts);
  void take_place(const Snapshot& state, Facts facts);
  // Of nodes and streams.
  void cut_one();
  void restart_one();
  void blind_one();

  ChangeContext context();
  const Facts& now() const { return *history_.back().facts; }

  const Say say_;
  const Draw draw_;
  int64_t true_s_ = 1'700'000'000;
  int programs_seen_ = 0;
  SliceIndex index_;                       // of the head
  std::vector<Saved> history_;             // of the database; the last one is its head
  std::vector<Saved> saved_;               // files, of any database
  std::map<std::string, FactsPtr> facts_;  // by the state's name
  std::deque<Member> members_;
  std::string problem_;
  std::map<std::string, int64_t> closed_s_;  // by key: when it minted last, as the server knows
  size_t keys_turned_ = 0;
  size_t keys_gone_ = 0;

  // What the nodes find of endpoints: as the server has it, and as it is.
  struct Told {
    TriedEndpoint endpoint;
    bool down = false;
  };
  HealthFindings findings_;
  std::map<std::string, std::map<Identity, Told>> told_;  // by node
  std::map<std::string, StreamPtr> told_on_;              // by node
  DownEndpoints down_;                                    // of the head, as the server follows it
  std::shared_ptr<const RoutingTable> table_;             // of a head
  std::set<Identity> recovered_;
  std::string failing_;  // an address that most nodes have lost; empty: none
};

}  // namespace limpet::simulation

#include "tests/simulation/cluster.h"

#include <algorithm>
#include <cstring>

#include "core/resource/kind.h"
#include "core/snapshot/wire.h"
#include "limpet/v1/state.pb.h"
#include "server/apply.h"
#include "server/keys.h"
#include "server/restore.h"
#include "storage/store.h"
#include "tests/simulation/objects.h"
#include "tests/simulation/oracle.h"

namespace limpet::simulation {
namespace {

constexpr size_t kMinNodes = 2;
constexpr size_t kMaxNodes = 4;

std::string name_of(const StateId& id) { return to_proto(id).SerializeAsString(); }

When when_of(const StateId& id) { return {id.epoch.created(), id.revision}; }

// What keys there are is given, as the configuration is; what becomes of tokens by them is judged.
void read_keys(const Snapshot& state, Facts& facts) {
  facts.keys.clear();
  facts.minting = 0;
  state.for_each(kStickyKeyKind, [&](const EntryPtr& entry) {
    v1::StickyKey key;
    key.ParseFromString(entry->bytes);
    facts.keys.insert(key.id());
    if (key.mints()) facts.minting = key.id();
  });
}

// What has been evicted stays so when another state takes the place of this one.
void merge_evictions(const Facts& replaced, Facts& facts) {
  for (const auto& [service, evictions] : replaced.evictions) {
    Evictions& own = facts.evictions[service];
    own.all = std::max(own.all, evictions.all);
    for (const auto& [identity, when] : evictions.of_endpoints) {
      own.of_endpoints[identity] = std::max(own.of_endpoints[identity], when);
    }
  }
}

// What the nodes have found since the file was saved holds, nothing of what they had found then.
void take_verdicts(const Facts& replaced, Facts& facts) {
  for (const auto& [service, endpoints] : facts.endpoints) {
    for (const auto& [identity, endpoint] : endpoints) {
      facts.down.erase(identity);
      if (replaced.down.contains(identity)) facts.down.insert(identity);
    }
  }
  facts.derive();
}

}  // namespace

Cluster::Cluster(uint64_t seed, Counts& counts, Say listener)
    : Coupling(seed, kMinNodes + seed % (kMaxNodes - kMinNodes + 1), false, counts),
      say_(std::move(listener)),
      draw_([this](size_t below) { return draw(below); }) {
  const auto fill = [this](std::span<unsigned char> bytes) { context().random(bytes); };
  for (const Node& node : nodes_) {
    const auto skew_s = static_cast<int64_t>(draw(2 * kMaxSkewS + 1)) - kMaxSkewS;
    members_.emplace_back(node.id, skew_s, fill).lag = static_cast<unsigned>(draw(3));
    say(node.id, ": its clock is off by ", skew_s, " s");
  }
  history_.push_back({Snapshot(), std::make_shared<const Facts>()});
  begin_anew();
}

ChangeContext Cluster::context() {
  ChangeContext context;
  context.now_unix_ms = true_s_ * 1000;
  context.random = [this](std::span<unsigned char> bytes) {
    for (size_t at = 0; at < bytes.size(); at += sizeof(uint64_t)) {
      const uint64_t value = random_();
      std::memcpy(bytes.data() + at, &value, std::min(sizeof(value), bytes.size() - at));
    }
  };
  return context;
}

void Cluster::event() {
  const size_t event = draw(106);
  if (event < 40) return change_config();
  if (event < 42) return roll_back();
  if (event < 44) return save();
  if (event < 46) return restore();
  if (event < 47) return begin_anew();
  if (event < 50) {
    say("operators let nodes follow the server's database");
    return adopt();
  }
  if (event < 52) return cut_one();
  if (event < 54) return restart_one();
  if (event < 55) {
    say("the server restarts");
    return restart_server(head());
  }
  if (event < 60) return blind_one();
  if (event < 64) return drain_one();
  if (event < 66) return end_drains();
  if (event < 68) return evict_some();
  if (event < 78) return fail_one();
  if (event < 88) return try_endpoints();
  if (event < 96) return judge_endpoints();
  if (event < 99) return rotate_keys();
  step_keys();
}

// ---- the database

void Cluster::change_config() {
  Config next = now().config;
  const std::string words = change(next, draw_);
  Snapshot state;
  if (words.empty() || !plan(next, head(), index_, state)) return;
  keep(state, Facts::follow(now(), std::move(next), when_of(state.id()), programs_seen_));
  release(state);
  say("revision ", to_string(now().when), ": ", words);
}

// False: there is nothing to do.
bool Cluster::plan(const Config& next, const Snapshot& before, const SliceIndex& index,
                   Snapshot& state) {
  const Config empty;
  const Config& known = before.size("Gateway") == 0 ? empty : now().config;
  const v1::ApplyRequest request = request_for(known, next);
  const Plan plan = plan_apply(before, index, request, context());
  for (const Violation& violation : plan.violations) {
    problem_ = str_cat("the server refuses a change: ", violation.field, " ", violation.message);
  }
  if (plan.batch.empty()) return false;
  state = before.apply(delta_of(plan.batch), before.id().epoch, before.id().revision + 1);
  return true;
}

// The state is the head from now on, of the database that there is.
void Cluster::keep(const Snapshot& state, Facts facts) {
  read_keys(state, facts);
  index_.apply(history_.back().state, Snapshot::diff(history_.back().state, state));
  history_.push_back({state, std::make_shared<const Facts>(std::move(facts))});
  facts_[name_of(state.id())] = history_.back().facts;
}

void Cluster::roll_back() {
  const Saved target = history_[draw(history_.size())];
  if (target.facts->config.services.empty()) return;
  const Plan plan = plan_rollback(head(), index_, target.state, context());
  if (plan.batch.empty()) return;
  const StateId before = head().id();
  const Snapshot state = head().apply(delta_of(plan.batch), before.epoch, before.revision + 1);
  keep(state, Facts::follow(now(), target.facts->config, when_of(state.id()), programs_seen_));
  release(state);
  say("revision ", to_string(now().when), ": rolled back to ", to_string(target.facts->when));
}

void Cluster::save() {
  saved_.push_back(history_.back());
  say("revision ", to_string(now().when), " is saved");
}

void Cluster::take_place(const Snapshot& state, Facts facts) {
  index_ = SliceIndex(state);
  read_keys(state, facts);
  history_.assign(1, {state, std::make_shared<const Facts>(std::move(facts))});
  facts_[name_of(state.id())] = history_.back().facts;
  replace(state);
}

void Cluster::restore() {
  if (saved_.empty()) return;
  const Saved file = saved_[draw(saved_.size())];
  if (chance(3)) begin_anew();  // it was lost, and this is the way back
  const RestorePlan plan = plan_restore(file.state, head(), context());
  Facts facts = *file.facts;
  facts.when = when_of(plan.state.id());
  merge_evictions(now(), facts);
  take_verdicts(now(), facts);
  take_place(plan.state, std::move(facts));
  say("revision ", to_string(now().when), ": the file of revision ", to_string(file.facts->when),
      " is restored");
}

// The database is lost: another one begins, and is given the same configuration.
void Cluster::begin_anew() {
  const bool first = now().config.services.empty();
  Config config = first ? first_config(draw_) : now().config;
  pass(1);  // keys and epochs are known by their times
  const ChangeContext made = context();
  const Epoch epoch = Epoch::make(made.now_unix_ms, static_cast<uint32_t>(random_id(made)));
  const Snapshot empty;
  const Plan keys = plan_first_state(empty, made);
  const Snapshot begun = empty.apply(delta_of(keys.batch), epoch, 1);
  Snapshot state;
  if (!plan(config, begun, SliceIndex(begun), state)) return;
  Facts facts = Facts::follow(Facts(), std::move(config), when_of(state.id()), programs_seen_);
  take_place(state, std::move(facts));
  say("revision ", to_string(now().when), ": the database begins", first ? "" : " anew");
}

// ---- nodes and streams

void Cluster::pump() {
  for (size_t i = 0; i < nodes_.size(); ++i) {
    Node& node = nodes_[i];
    const unsigned lag = members_[i].lag;
    if (lag == 2 && !chance(5)) continue;
    for (size_t rounds = 1 + draw(4); rounds > 0; --rounds) {
      if (node.stream == nullptr && chance(2)) connect(node);
      if (const StreamPtr stream = node.stream) {
        look(*stream);
        receive_at_server(*stream);
      }
      receive_at_node(node);
      if (lag == 0 || chance(2)) finish_activation(node);
    }
  }
}

void Cluster::on_serving(const Node& node, const Snapshot& state) {
  Member& member = members_[static_cast<size_t>(&node - nodes_.data())];
  const std::string error = member.gateway.serve(state);
  if (!error.empty()) problem_ = str_cat(node.id, " cannot serve the state: ", error);
  const auto found = facts_.find(name_of(state.id()));
  member.facts = found == facts_.end() ? nullptr : found->second;
  if (member.facts != nullptr) {
    say(node.id, " serves revision ", to_string(member.facts->when));
  }
}

void Cluster::on_restarted(const Node& node) {
  members_[static_cast<size_t>(&node - nodes_.data())].gateway.restart();
  on_serving(node, node.file);
}

void Cluster::cut_one() {
  if (streams_.empty()) return;
  cut(*streams_[draw(streams_.size())]);
  say("a stream is cut");
}

void Cluster::restart_one() {
  Node& node = any_node();
  say(node.id, " restarts");
  restart_node(node);
}

// One node loses the way to an address, or finds all of them again.
void Cluster::blind_one() {
  const size_t number = draw(nodes_.size());
  std::set<std::string>& unreachable = members_[number].gateway.unreachable();
  if (!unreachable.empty() && chance(2)) {
    unreachable.clear();
    return say(nodes_[number].id, " can reach every address again");
  }
  if (now().by_address.empty()) return;
  auto address = now().by_address.begin();
  std::advance(address, static_cast<ptrdiff_t>(draw(now().by_address.size())));
  unreachable.insert(address->first);
  say(nodes_[number].id, " cannot reach ", address->first);
}

}  // namespace limpet::simulation

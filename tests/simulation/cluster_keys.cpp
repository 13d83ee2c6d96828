// The keys that seal sessions come, mint and are gone, as the real server turns them.
#include "core/resource/kind.h"
#include "core/routing/compile.h"
#include "server/keys.h"
#include "tests/simulation/cluster.h"

namespace limpet::simulation {
namespace {

constexpr int64_t kWeekS = int64_t{7} * 86'400;  // keys open at least so long after their last mint

EntryPtr find_minting(const Snapshot& state) {
  EntryPtr minting;
  state.for_each(kStickyKeyKind, [&](const EntryPtr& entry) {
    v1::StickyKey key;
    if (key.ParseFromString(entry->bytes) && key.mints()) minting = entry;
  });
  return minting;
}

}  // namespace

void Cluster::rotate_keys() {
  commit(plan_rotation(head(), context()), now(), "a key is coming");
}

// The server looks whether it is time for something.
void Cluster::step_keys() {
  // Seldom, as it ends every session.
  if (head().size(kStickyKeyKind) > 1 && chance(3)) {
    pass(kWeekS + 3600);
    say("a week passes");
  }
  KeyFacts facts;
  for (const Node& node : nodes_) {
    const bool connected = node.stream != nullptr && node.stream->session;
    facts.nodes.nodes.push_back({node.id, connected, node.served, {}, 0, node.file.id()});
  }
  facts.settled = true;
  if (chance(10)) facts.began.push_back(history_[draw(history_.size())].state.id());
  facts.rotate_after_ms = chance(2) ? 300'000 : 0;
  const CompileResult compiled = compile(head(), nullptr);
  const Snapshot before = head();
  KeyStep step = plan_key_step(before, compiled.table.get(), facts, context());
  commit(std::move(step.plan), now(), step.message);
  check_keys(before);
}

void Cluster::check_keys(const Snapshot& before) {
  const EntryPtr minted = find_minting(before);
  const EntryPtr minting = find_minting(head());
  if (minting == nullptr) {
    problem_ = "no key mints";
    return;
  }
  before.for_each(kStickyKeyKind, [&](const EntryPtr& key) {
    if (head().find(key->key) != nullptr) return;
    ++keys_gone_;
    const auto closed = closed_s_.find(key->key.name);
    if (closed == closed_s_.end() || true_s_ - closed->second >= kWeekS) return;
    problem_ = str_cat("key ", key->key.name, " is gone, and minted a moment ago");
  });
  if (minting->key == minted->key) return;
  ++keys_turned_;
  closed_s_[minted->key.name] = true_s_;
  // No connected node can come to meet a token that it does not open, not even after a restart.
  for (const Node& node : nodes_) {
    const bool connected = node.stream != nullptr && node.stream->session;
    if (!connected || node.file.find(minting->key) != nullptr) continue;
    problem_ = str_cat("key ", minting->key.name, " mints, and ", node.id,
                       " does not have it on its disk");
  }
}

}  // namespace limpet::simulation

#include "server/keys.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include <absl/strings/numbers.h>
#include <absl/strings/str_format.h>

#include "core/base/text.h"
#include "core/resource/kind.h"
#include "core/resource/object.h"
#include "core/routing/visit_rules.h"
#include "core/sticky/policy.h"

namespace limpet {
namespace {

constexpr int64_t kGraceMs = 2 * int64_t{kClockGraceS} * 1000;

struct SealKey {
  EntryPtr entry;
  v1::StickyKey key;
};

// The keys of a state, by what each does.
struct Ring {
  std::vector<SealKey> opening;  // oldest first, as all of them
  std::optional<SealKey> minting;
  std::vector<SealKey> coming;

  size_t size() const { return opening.size() + (minting ? 1 : 0) + coming.size(); }
  const SealKey* newest() const {
    if (!coming.empty()) return &coming.back();
    return minting ? &*minting : nullptr;
  }
};

Ring read_ring(const Snapshot& state) {
  std::vector<SealKey> keys;
  uint32_t minting = 0;
  state.for_each(kStickyKeyKind, [&](const EntryPtr& entry) {
    SealKey stored{entry, {}};
    // What cannot be read opens nothing on any node.
    if (!stored.key.ParseFromString(entry->bytes)) return;
    if (stored.key.mints()) minting = std::max(minting, stored.key.id());
    keys.push_back(std::move(stored));
  });
  std::sort(keys.begin(), keys.end(), [](const SealKey& a, const SealKey& b) {
    return a.key.id() < b.key.id();
  });
  Ring ring;
  for (SealKey& stored : keys) {
    if (stored.key.id() < minting) ring.opening.push_back(std::move(stored));
    else if (stored.key.id() > minting) ring.coming.push_back(std::move(stored));
    else ring.minting = std::move(stored);
  }
  return ring;
}

std::string name_of(uint32_t id) { return absl::StrFormat("%x", id); }

// Ids grow with time (core/sticky/key_ring.h).
v1::StickyKey make_key(uint32_t newest, const ChangeContext& context) {
  v1::StickyKey key;
  key.set_id(std::max(static_cast<uint32_t>(context.now_unix_ms / 1000), newest + 1));
  std::array<unsigned char, 32> secret;
  context.random(secret);
  key.set_secret(secret.data(), secret.size());
  key.set_created_unix_ms(context.now_unix_ms);
  return key;
}

void store(const v1::StickyKey& key, const Snapshot& before, Plan& plan) {
  auto entry = std::make_shared<Entry>();
  entry->key = {std::string(kStickyKeyKind), "", name_of(key.id())};
  entry->revision = before.id().revision + 1;
  entry->bytes = serialize(key);
  plan.batch.upserts.push_back({std::move(entry), "", 0});
}

bool has_on_disk(const NodeRegistry::Place& node, Epoch epoch, const SealKey& key) {
  return node.kept.epoch == epoch && node.kept.revision >= key.entry->revision;
}

bool all_have(const NodeRegistry::Places& nodes, Epoch epoch, const SealKey& key) {
  bool connected = false;
  for (const NodeRegistry::Place& node : nodes.nodes) {
    if (!node.connected) continue;
    connected = true;
    if (!has_on_disk(node, epoch, key)) return false;
  }
  return connected;
}

// Of all that a table knows of, in seconds.
uint32_t longest_session_s(const RoutingTable& table) {
  uint32_t longest = 0;
  table.expires_of_scope.for_each(
      [&](uint64_t, uint32_t expires_s) { longest = std::max(longest, expires_s); });
  visit_rules(table, [&](const RoutingListener&, const RouteRule& rule) {
    if (rule.session != nullptr) longest = std::max(longest, rule.session->expires_s);
  });
  return longest;
}

int64_t open_ms(const RoutingTable& table) {
  return std::max(kLeastOpenMs, int64_t{longest_session_s(table)} * 1000) + kMintedStepMs +
         kGraceMs;
}

// Whether some node mints with that key, which mints no more, or did when it came back.
bool is_minted_with(const SealKey& key, Epoch epoch, const KeyFacts& facts) {
  const auto is_before = [&](const StateId& state) {
    return state.revision != 0 &&
           (state.epoch != epoch || state.revision < key.entry->revision);
  };
  return std::any_of(facts.began.begin(), facts.began.end(), is_before) ||
         std::any_of(facts.nodes.nodes.begin(), facts.nodes.nodes.end(),
                     [&](const NodeRegistry::Place& node) {
                       return node.connected && is_before(node.active);
                     });
}

// Of keys that mint no more: when they did last, as it is to be written down.
int64_t minted_until(const SealKey& key, Epoch epoch, const KeyFacts& facts,
                     int64_t now_unix_ms) {
  const int64_t known = key.key.minted_until_unix_ms();
  const bool outdated =
      now_unix_ms - known > kMintedStepMs && is_minted_with(key, epoch, facts);
  return known == 0 || outdated ? now_unix_ms : known;
}

class Step {
 public:
  Step(const Snapshot& before, const RoutingTable* table, const KeyFacts& facts,
       const ChangeContext& context)
      : before_(before),
        table_(table),
        facts_(facts),
        context_(context),
        ring_(read_ring(before)) {}

  KeyStep plan() {
    if (!ring_.minting || table_ == nullptr) return {};
    close_old_ones();
    if (!ring_.coming.empty()) {
      promote();
    } else {
      begin();
    }
    return {std::move(plan_), join(told_, "; ")};
  }

 private:
  // Keys that mint no more: since when, and whether that is long enough ago.
  void close_old_ones() {
    std::optional<int64_t> open;  // reads the whole table: once, and only when there is a need
    for (const SealKey& stored : ring_.opening) {
      const int64_t since = minted_until(stored, before_.id().epoch, facts_, now());
      if (since != stored.key.minted_until_unix_ms()) {
        v1::StickyKey next = stored.key;
        next.set_minted_until_unix_ms(since);
        store(next, before_, plan_);
        told_.push_back(str_cat("key ", name_of(next.id()), " may have minted until now"));
      } else if (now() - since >= kLeastOpenMs) {
        if (!open) open = open_ms(*table_);
        if (now() - since < *open) continue;
        plan_.batch.removed.push_back(stored.entry->key);
        told_.push_back(str_cat("key ", name_of(stored.key.id()), " is gone"));
      }
    }
  }

  void promote() {
    const SealKey& next = ring_.coming.back();
    if (!facts_.settled || !all_have(facts_.nodes, before_.id().epoch, next)) return;
    v1::StickyKey old = ring_.minting->key;
    old.set_mints(false);
    old.set_minted_until_unix_ms(now());
    store(old, before_, plan_);
    v1::StickyKey minting = next.key;
    minting.set_mints(true);
    store(minting, before_, plan_);
    told_.push_back(
        str_cat("key ", name_of(minting.id()), " mints, ", name_of(old.id()), " opens"));
  }

  void begin() {
    const v1::StickyKey& newest = ring_.minting->key;
    const bool due = facts_.rotate_after_ms != 0 &&
                     now() - newest.created_unix_ms() >= facts_.rotate_after_ms;
    if (!due || ring_.size() >= kStickyKeysByTime) return;
    const v1::StickyKey key = make_key(newest.id(), context_);
    store(key, before_, plan_);
    told_.push_back(str_cat("key ", name_of(key.id()), " is coming"));
  }

  int64_t now() const { return context_.now_unix_ms; }

  const Snapshot& before_;
  const RoutingTable* const table_;
  const KeyFacts& facts_;
  const ChangeContext& context_;
  const Ring ring_;
  Plan plan_;
  std::vector<std::string> told_;
};

}  // namespace

absl::StatusOr<Plan> plan_rotation(const Snapshot& before, const ChangeContext& context) {
  const Ring ring = read_ring(before);
  Plan plan;
  if (!ring.coming.empty()) {
    plan.results.push_back(
        result_of(ring.coming.back().entry->key, v1::ObjectResult::UNCHANGED));
    return plan;
  }
  if (ring.size() >= kMaxStickyKeys) {
    return absl::FailedPreconditionError(str_cat(
        "there are ", kMaxStickyKeys, " keys, and the oldest still opens sessions; the next can "
        "come when that is gone (gwctl keys list)"));
  }
  const v1::StickyKey key = make_key(ring.minting ? ring.minting->key.id() : 0, context);
  store(key, before, plan);
  plan.results.push_back(
      result_of(plan.batch.upserts.back().entry->key, v1::ObjectResult::CREATED));
  return plan;
}

Plan plan_first_state(const Snapshot& before, const ChangeContext& context) {
  Plan plan;
  bool has_key = false;
  before.for_each(kStickyKeyKind, [&](const EntryPtr&) { has_key = true; });
  if (has_key) return plan;
  v1::StickyKey key = make_key(0, context);
  key.set_mints(true);
  store(key, before, plan);
  return plan;
}

KeyStep plan_key_step(const Snapshot& before, const RoutingTable* table, const KeyFacts& facts,
                      const ChangeContext& context) {
  return Step(before, table, facts, context).plan();
}

std::optional<int64_t> next_key_step_unix_ms(const Snapshot& head, int64_t rotate_after_ms,
                                             int64_t now_unix_ms) {
  // How long a key opens beyond the least depends on the configuration: looked at now and then.
  constexpr int64_t kLookAgainMs = int64_t{10} * 60 * 1000;
  const Ring ring = read_ring(head);
  std::optional<int64_t> next;
  const auto at = [&](int64_t unix_ms) { next = std::min(next.value_or(unix_ms), unix_ms); };
  for (const SealKey& stored : ring.opening) {
    const int64_t least = stored.key.minted_until_unix_ms() + kLeastOpenMs;
    at(least > now_unix_ms ? least : now_unix_ms + kLookAgainMs);
  }
  const bool may_begin = ring.minting && ring.coming.empty() && ring.size() < kStickyKeysByTime;
  if (rotate_after_ms != 0 && may_begin) {
    at(std::max(now_unix_ms, ring.minting->key.created_unix_ms() + rotate_after_ms));
  }
  return next;
}

bool awaits_nodes(const Snapshot& head) { return !read_ring(head).coming.empty(); }

bool mints_with_older(const Snapshot& head, const StateId& state) {
  const Ring ring = read_ring(head);
  if (!ring.minting || state.revision == 0) return false;
  return state.epoch != head.id().epoch || state.revision < ring.minting->entry->revision;
}

v1::ListKeysResponse list_keys(const Snapshot& head, const RoutingTable* table,
                               const KeyFacts& facts, int64_t now_unix_ms) {
  const Ring ring = read_ring(head);
  v1::ListKeysResponse response;
  const auto add = [&](const SealKey& stored) {
    v1::ListKeysResponse::Key& key = *response.add_keys();
    key.set_id(stored.key.id());
    key.set_created_unix_ms(stored.key.created_unix_ms());
    key.set_mints(stored.key.mints());
    key.set_minted_until_unix_ms(stored.key.minted_until_unix_ms());
    return &key;
  };
  for (auto stored = ring.coming.rbegin(); stored != ring.coming.rend(); ++stored) {
    v1::ListKeysResponse::Key* key = add(*stored);
    for (const NodeRegistry::Place& node : facts.nodes.nodes) {
      const bool missing = node.connected && !has_on_disk(node, head.id().epoch, *stored);
      if (missing) key->add_missing(node.node_id);
    }
  }
  if (ring.minting) add(*ring.minting);
  const int64_t open = table == nullptr ? 0 : open_ms(*table);
  for (auto stored = ring.opening.rbegin(); stored != ring.opening.rend(); ++stored) {
    v1::ListKeysResponse::Key* key = add(*stored);
    const int64_t since = minted_until(*stored, head.id().epoch, facts, now_unix_ms);
    key->set_opens_until_unix_ms(open == 0 ? 0 : since + open);
  }
  if (facts.rotate_after_ms != 0 && ring.minting && ring.coming.empty()) {
    response.set_next_rotation_unix_ms(ring.minting->key.created_unix_ms() +
                                       facts.rotate_after_ms);
  }
  return response;
}

void tell_results(const std::vector<v1::ObjectResult>& results, v1::RotateKeysResponse& response) {
  if (results.empty()) return;
  uint32_t id = 0;
  if (absl::SimpleHexAtoi(results.front().key().name(), &id)) response.set_id(id);
  response.set_began(results.front().outcome() == v1::ObjectResult::CREATED);
}

}  // namespace limpet

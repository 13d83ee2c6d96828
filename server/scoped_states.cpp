#include "server/scoped_states.h"

#include <utility>

#include "core/base/text.h"
#include "server/past.h"

namespace limpet {

namespace {

// Whether the newest of them is made of this state.
bool is_newest(const Past& states, const Snapshot& whole) {
  return !states.empty() && states.newest().id().epoch == whole.id().epoch &&
         states.newest().id().revision == whole.id().revision;
}

std::optional<Snapshot> find_in(const Past& states, const StateId& id) {
  const Snapshot* found = states.at(id.revision);
  if (found == nullptr || found->id() != id) return std::nullopt;
  return *found;
}

}  // namespace

class ScopedStates::All final : public StateSource {
 public:
  All(const Publisher& publisher, OpenSecret open)
      : publisher_(publisher), newest_(std::move(open)) {}

  // Nodes were told of no state that nobody has asked for here.
  Snapshot head() const override {
    Snapshot forgotten;  // goes when the lock is released
    const std::lock_guard lock(mutex_);
    // Read under the lock: it never is older than the one before.
    const Snapshot whole = publisher_.head();
    if (!is_newest(states_, whole)) {
      newest_.advance_to(whole);
      forgotten = states_.add(newest_.state());
    }
    return states_.newest();
  }

  std::optional<Snapshot> find(const StateId& id) const override {
    head();
    const std::lock_guard lock(mutex_);
    return find_in(states_, id);
  }

 private:
  const Publisher& publisher_;
  mutable std::mutex mutex_;
  // Guarded by it; what the publisher already tells is only found out here.
  mutable NodeState newest_;
  mutable Past states_;
};

class ScopedStates::Part final : public StateSource {
 public:
  Part(ScopedStates& owner, GatewayNames gateways)
      : owner_(owner), scope_(std::move(gateways)) {}

  Snapshot head() const override {
    Snapshot forgotten;  // goes when the lock is released
    const std::lock_guard lock(owner_.mutex_);
    // Read under the lock: it never is older than what the others were made of.
    const Snapshot whole = owner_.all_->head();
    if (!is_newest(states_, whole)) {
      owner_.followers_.advance_to(whole);
      scope_.advance_to(whole, owner_.followers_);
      forgotten = states_.add(scope_.part());
    }
    return states_.newest();
  }

  std::optional<Snapshot> find(const StateId& id) const override {
    head();
    const std::lock_guard lock(owner_.mutex_);
    return find_in(states_, id);
  }

 private:
  ScopedStates& owner_;
  // Guarded by the owner's lock; what the owner's publisher already tells is only found out here.
  mutable GatewayScope scope_;
  mutable Past states_;
};

ScopedStates::ScopedStates(const Publisher& publisher, OpenSecret open)
    : all_(std::make_unique<const All>(publisher, std::move(open))) {}

ScopedStates::~ScopedStates() = default;

const StateSource& ScopedStates::all() const { return *all_; }

absl::StatusOr<std::shared_ptr<const StateSource>> ScopedStates::of(const GatewayNames& gateways) {
  if (gateways.empty()) return nullptr;
  if (absl::Status valid = check_gateway_names(gateways); !valid.ok()) return valid;
  const std::lock_guard lock(mutex_);
  const auto found = parts_.find(gateways);
  if (found != parts_.end()) return found->second;
  if (parts_.size() >= kMaxParts && !make_room()) {
    return absl::ResourceExhaustedError(
        str_cat("nodes select ", kMaxParts, " different sets of Gateways already"));
  }
  return parts_.emplace(gateways, std::make_shared<Part>(*this, gateways)).first->second;
}

bool ScopedStates::make_room() {
  for (auto part = parts_.begin(); part != parts_.end(); ++part) {
    // With the lock held nobody can begin to use it.
    if (part->second.use_count() != 1) continue;
    parts_.erase(part);
    return true;
  }
  return false;
}

}  // namespace limpet

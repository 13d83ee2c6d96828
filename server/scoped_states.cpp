#include "server/scoped_states.h"

#include <utility>

#include "core/base/text.h"
#include "core/resource/secret.h"
#include "server/past.h"

namespace limpet {

class ScopedStates::All final : public StateSource {
 public:
  explicit All(const Publisher& publisher) : publisher_(publisher) {}

  Snapshot head() const override { return of(publisher_.head()); }

  std::optional<Snapshot> find(const StateId& id) const override {
    const std::optional<Snapshot> whole = publisher_.at(id.revision);
    if (!whole) return std::nullopt;
    Snapshot state = of(*whole);
    if (state.id() != id) return std::nullopt;
    return state;
  }

 private:
  // The last answer is kept: every node asks for the same one.
  Snapshot of(const Snapshot& whole) const {
    if (whole.size(kSecretKind) == 0) return for_nodes(whole);
    const std::lock_guard lock(mutex_);
    if (whole_ != whole.id()) {
      state_ = for_nodes(whole);
      whole_ = whole.id();
    }
    return state_;
  }

  const Publisher& publisher_;
  mutable std::mutex mutex_;
  // Guarded by it:
  mutable StateId whole_;  // of which it is made
  mutable Snapshot state_;
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
    const bool moved_on = states_.empty() || states_.newest().id().epoch != whole.id().epoch ||
                          states_.newest().id().revision != whole.id().revision;
    if (moved_on) {
      owner_.followers_.advance_to(whole);
      scope_.advance_to(whole, owner_.followers_);
      forgotten = states_.add(scope_.part());
    }
    return states_.newest();
  }

  std::optional<Snapshot> find(const StateId& id) const override {
    head();
    const std::lock_guard lock(owner_.mutex_);
    const Snapshot* found = states_.at(id.revision);
    if (found == nullptr || found->id() != id) return std::nullopt;
    return *found;
  }

 private:
  ScopedStates& owner_;
  // Guarded by the owner's lock; what the owner's publisher already tells is only found out here.
  mutable Scope scope_;
  mutable Past states_;
};

ScopedStates::ScopedStates(const Publisher& publisher)
    : all_(std::make_unique<const All>(publisher)) {}

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

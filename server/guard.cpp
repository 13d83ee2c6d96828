#include "server/guard.h"

#include <cstdint>
#include <string_view>

#include "core/base/text.h"
#include "core/resource/kind.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {
namespace {

constexpr std::string_view kGateway = "Gateway";
constexpr std::string_view kRoute = "HTTPRoute";

int64_t listeners_of(const Entry& gateway) {
  v1::Gateway parsed;
  return parsed.ParseFromString(gateway.bytes) ? parsed.spec().listeners_size() : 0;
}

// How many more there are before the change than after it, of each.
struct Losses {
  int64_t listeners = 0;
  int64_t routes = 0;
  int64_t endpoints = 0;

  void count(const Entry& entry, int64_t sign) {
    if (entry.key.kind == kGateway) listeners += sign * listeners_of(entry);
    if (entry.key.kind == kRoute) routes += sign;
    if (entry.key.kind == kEndpointStateKind) endpoints += sign;
  }
};

Losses losses_of(const Snapshot& before, const Delta& change) {
  Losses losses;
  const auto count_old = [&](const EntryKey& key) {
    if (const EntryPtr old = before.find(key)) losses.count(*old, 1);
  };
  for (const EntryKey& key : change.removed) count_old(key);
  for (const EntryPtr& entry : change.upserts) {
    count_old(entry->key);
    losses.count(*entry, -1);
  }
  return losses;
}

bool is_guarded(int64_t lost) { return lost > static_cast<int64_t>(kUnguardedLosses); }

absl::Status check(std::string_view what, int64_t lost, int64_t there) {
  if (!is_guarded(lost) || lost * 2 <= there) return absl::OkStatus();
  return absl::FailedPreconditionError(
      str_cat("this would take away ", lost, " of ", there, " ", what,
              "; nothing was changed. If that is meant, send it again with allow_mass_delete "
              "(gwctl: --allow-mass-delete)"));
}

}  // namespace

absl::Status check_mass_delete(const Snapshot& before, const Delta& change) {
  const Losses losses = losses_of(before, change);
  if (is_guarded(losses.listeners)) {
    int64_t there = 0;
    before.for_each(kGateway, [&](const EntryPtr& entry) { there += listeners_of(*entry); });
    if (absl::Status s = check("listeners", losses.listeners, there); !s.ok()) return s;
  }
  const auto routes = static_cast<int64_t>(before.size(kRoute));
  if (absl::Status s = check("routes", losses.routes, routes); !s.ok()) return s;
  const auto endpoints = static_cast<int64_t>(before.size(kEndpointStateKind));
  return check("endpoints", losses.endpoints, endpoints);
}

}  // namespace limpet

// The past as the API tells it.
#pragma once

#include <cstddef>
#include <cstdint>

#include <absl/status/statusor.h>

#include "core/snapshot/snapshot.h"
#include "limpet/v1/management.pb.h"
#include "server/secret_keys.h"
#include "storage/store.h"

namespace limpet {

inline constexpr uint32_t kDefaultListed = 100;  // records in an answer, when none is asked for
inline constexpr uint32_t kMaxListed = 1000;

// As users see it: with the revision of its last change, which its bytes do not carry, and without
// the values of a Secret. Nothing that is stored goes to users but through here and diff_of().
absl::StatusOr<v1::Resource> resource_of(const Entry& entry);

absl::StatusOr<v1::ListRevisionsResponse> list_revisions(Store& store,
                                                         const v1::ListRevisionsRequest& request);
absl::StatusOr<v1::ListAuditResponse> list_audit(Store& store,
                                                 const v1::ListAuditRequest& request);

// How users' objects differ, what the server fills in (uid, generation, ...) apart. `keys`: to tell
// whether values of Secrets do (server/secrets.h).
absl::StatusOr<v1::DiffResponse> diff_of(const Snapshot& from, const Snapshot& to,
                                         const SecretKeys* keys = nullptr);

}  // namespace limpet

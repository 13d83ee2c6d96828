// What a request needs its caller to be permitted.
#pragma once

#include <string>
#include <vector>

#include "limpet/v1/management.pb.h"
#include "server/access/grants.h"

namespace limpet {

struct Need {
  Role role = Role::kViewer;
  std::string ns;         // empty: everywhere
  bool anywhere = false;  // in whatever namespace: for what belongs to none, to be read

  friend bool operator==(const Need&, const Need&) = default;
};
using Needs = std::vector<Need>;

// A change needs an editor in each namespace that it touches; pruning, rolling back, and what
// belongs to no namespace, one everywhere.
Needs needs_of(const v1::ApplyRequest& request);
Needs needs_of(const v1::DeleteRequest& request);
Needs needs_of(const v1::RollbackRequest& request);
Needs needs_of(const v1::EvictSessionsRequest& request);
Needs needs_of(const v1::DrainRequest& request);

Needs needs_of(const v1::GetRequest& request);
Needs needs_of(const v1::ListRequest& request);
Needs needs_of(const v1::WatchRequest& request);
Needs needs_of(const v1::ListRevisionsRequest& request);
Needs needs_of(const v1::GetDrainRequest& request);
Needs needs_of(const v1::ListEndpointsRequest& request);

inline const Needs kViewSomewhere = {{Role::kViewer, "", true}};
inline const Needs kViewEverything = {{Role::kViewer, "", false}};
inline const Needs kAdminister = {{Role::kAdmin, "", false}};

// PERMISSION_DENIED names what is missing.
absl::Status check_needs(const Grants& grants, const Needs& needs);

}  // namespace limpet

// Which session policy applies to a port of a Service.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "core/sticky/policy.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {

// A policy as it applies to one port.
struct AppliedPolicy {
  StickyPolicy policy;
  std::string name;  // "namespace/name" of the SessionStickyPolicy
};

// "namespace/name" of the Service that the policy is for. Empty when it is one of another
// namespace: that needs a ReferenceGrant, and there are none.
std::string target_service(const v1::SessionStickyPolicy& policy);

// The first of `policies`, all for one Service and the oldest first, that lists the port. The
// port's own fields go before the policy's, and those before the defaults.
std::optional<AppliedPolicy> applied_policy(std::span<const v1::SessionStickyPolicy> policies,
                                            int port);

}  // namespace limpet

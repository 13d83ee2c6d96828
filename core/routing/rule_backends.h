// A rule's backendRefs and the policy of its sessions, as a table has them: what a session of the
// rule is decided over (core/sticky/decide.h). Nodes and the server look at them here alike.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/routing/routing_table.h"
#include "core/sticky/decide.h"
#include "core/sticky/token.h"

namespace limpet {

// Holds only as long as the table and the rule.
struct RuleBackends {
  static constexpr size_t kMax = 16;  // of a rule (Gateway API); further ones are left out

  std::array<const RoutingCluster*, kMax> clusters{};  // in the rule's order; null: invalid
  std::array<StickyBackend, kMax> sticky{};            // of the same
  size_t count = 0;
  // The rule's own, or the first of its clusters'; null: there is none.
  const StickyPolicy* policy = nullptr;
  const RoutingCluster* policy_of = nullptr;  // whose policy it is; null: the rule's own, or none

  std::span<const StickyBackend> for_sessions() const { return {sticky.data(), count}; }
};

// Requires: `backends` is as it was made.
void find_backends(const RoutingTable& table, const RouteRule& rule, RuleBackends& backends);

TokenPurpose purpose_of(const StickyPolicy& policy);

}  // namespace limpet

// What stands in a session's token, and what would become of its next request: a pure function of
// the token, the tables that the nodes serve from, and the clock.
//
// A token is a credential of its session: neither it nor what is in it may be logged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <absl/status/statusor.h>

#include "core/routing/routing_table.h"
#include "limpet/v1/management.pb.h"
#include "limpet/v1/sessions.pb.h"

namespace limpet {

// Verdicts of those that decide nothing, beside the reasons of core/sticky/decide.h.
inline constexpr char kNotRoutedVerdict[] = "not routed";  // no rule that they serve leads there
inline constexpr char kUnknownVerdict[] = "unknown";       // what they serve from is not known

// Tables other than the head's that are made for one explanation. Nodes at further revisions have
// the verdict kUnknownVerdict.
inline constexpr size_t kMaxPastTables = 8;

// The table of a revision of the head's epoch; null: it cannot be had. Called once for each.
using TableAt = std::function<std::shared_ptr<const RoutingTable>(uint64_t revision)>;

// `nodes`: all that are known, in the order in which their verdicts are told. INVALID_ARGUMENT: no
// token, or two names for it.
absl::StatusOr<v1::ExplainSessionResponse> explain_session(
    const v1::ExplainSessionRequest& request, const RoutingTable& head,
    const std::vector<v1::NodeStatus>& nodes, const TableAt& table_at, int64_t now_unix_s);

}  // namespace limpet

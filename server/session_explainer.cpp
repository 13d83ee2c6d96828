#include "server/session_explainer.h"

#include <memory>
#include <vector>

#include "core/routing/compile.h"
#include "server/explain_session.h"

namespace limpet {

absl::StatusOr<v1::ExplainSessionResponse> SessionExplainer::explain(
    const v1::ExplainSessionRequest& request, int64_t now_unix_ms) {
  // In this order: no node is ahead of the head.
  const std::vector<v1::NodeStatus> nodes = registry_.list(now_unix_ms);
  const Publisher::Compiled head = publisher_.compiled_head();
  if (head.table == nullptr) {
    return absl::FailedPreconditionError(
        "the stored state does not compile; the server's log says why");
  }
  const TableAt table_at = [&](uint64_t revision) -> std::shared_ptr<const RoutingTable> {
    const absl::StatusOr<Snapshot> past = applier_.state_at(revision);
    // It may have been compacted, or replaced by a restore.
    if (!past.ok() || past->id().epoch != head.state.id().epoch) return nullptr;
    return compile(*past, head.table.get()).table;
  };
  return explain_session(request, *head.table, nodes, table_at, now_unix_ms / 1000);
}

}  // namespace limpet

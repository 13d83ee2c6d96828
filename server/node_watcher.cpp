#include "server/node_watcher.h"

#include <utility>

#include "core/snapshot/wire.h"

namespace limpet {

std::optional<v1::WatchNodesResponse> NodeWatcher::next(const StateId& head, int64_t now_unix_ms) {
  NodeRegistry::Changes changes = registry_.changes_since(version_, now_unix_ms);
  version_ = changes.version;
  v1::WatchNodesResponse response;
  *response.mutable_head() = to_proto(head);
  for (v1::NodeStatus& node : changes.nodes) {
    told_.insert(node.node_id());
    *response.add_nodes() = std::move(node);
  }
  if (std::exchange(forgotten_, changes.forgotten) != changes.forgotten) {
    std::erase_if(told_, [&](const std::string& id) {
      if (registry_.knows(id)) return false;
      response.add_gone(id);
      return true;
    });
  }
  const bool first = !std::exchange(began_, true);
  if (!first && response.nodes().empty() && response.gone().empty()) return std::nullopt;
  return response;
}

}  // namespace limpet

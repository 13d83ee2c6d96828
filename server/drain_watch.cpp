#include "server/drain_watch.h"

#include <string>

#include "core/base/text.h"
#include "server/service_endpoints.h"

namespace limpet {

std::optional<int64_t> DrainWatch::look(int64_t now_unix_ms) {
  const std::lock_guard lock(mutex_);
  times_.follow(publisher_.head());
  if (!times_.empty()) times_.observe(registry_.places(), now_unix_ms);
  return times_.next_deadline_unix_ms();
}

std::vector<EntryKey> DrainWatch::due(int64_t now_unix_ms) const {
  const std::lock_guard lock(mutex_);
  return times_.due(now_unix_ms);
}

absl::StatusOr<v1::GetDrainResponse> DrainWatch::get(const v1::GetDrainRequest& request,
                                                     int64_t now_unix_ms) {
  const ServiceName service{request.namespace_().empty() ? "default" : request.namespace_(),
                            request.service()};
  const auto found = applier_.find_endpoint(service, request.endpoint());
  if (!found.ok()) return found.status();
  if (found->size() > 1) {
    std::vector<std::string> names;
    for (const ServiceEndpoint& endpoint : *found) names.push_back(endpoint.name);
    return absl::InvalidArgumentError(str_cat(request.endpoint(), " is several endpoints; name ",
                                              "one of ", join(names, ", ")));
  }
  const ServiceEndpoint& endpoint = found->front();
  v1::GetDrainResponse response;
  response.set_endpoint(endpoint.name);

  const std::lock_guard lock(mutex_);
  const auto [head, table] = publisher_.compiled_head();
  times_.follow(head);
  const DrainProgress* progress = times_.find(endpoint.state);
  if (progress == nullptr) return response;
  const NodeRegistry::Places nodes = registry_.places();
  times_.observe(nodes, now_unix_ms);
  tell_drain(*progress, head.id().epoch, nodes,
             session_life_ms(table.get(), service.first, service.second), now_unix_ms, response);
  return response;
}

}  // namespace limpet

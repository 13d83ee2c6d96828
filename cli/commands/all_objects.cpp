#include "cli/commands/all_objects.h"

#include <utility>

#include "core/resource/kind.h"

namespace limpet::cli {

absl::StatusOr<std::vector<v1::Resource>> all_objects(Management& server) {
  constexpr uint32_t kPageSize = 500;  // objects in an answer, so that no answer is very large
  std::vector<v1::Resource> objects;
  for (const KindInfo& kind : user_kinds()) {
    v1::ListRequest request;
    request.set_kind(std::string(kind.kind));
    request.set_limit(kPageSize);
    do {
      auto response = server.list(request);
      if (!response.ok()) return response.status();
      for (v1::Resource& resource : *response->mutable_resources()) {
        objects.push_back(std::move(resource));
      }
      request.set_page_token(response->next_page_token());
    } while (!request.page_token().empty());
  }
  return objects;
}

}  // namespace limpet::cli

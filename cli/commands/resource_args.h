// KIND, KIND NAME..., KIND/NAME... as people type them behind get, describe and delete.
#pragma once

#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "core/resource/kind.h"
#include "core/resource/object.h"

namespace limpet::cli {

inline constexpr char kDefaultNamespace[] = "default";

// "httproute", "hr", "httproute.gateway.networking.k8s.io": a group may follow the name. The error
// says what was probably meant.
absl::StatusOr<const KindInfo*> parse_kind(const std::string& word);

struct ResourceArgs {
  std::vector<const KindInfo*> kinds;  // asked for as a whole; empty when there are names
  std::vector<EntryKey> keys;
};

// Errors say what would be right. `ns` is given to the keys of namespaced kinds.
absl::StatusOr<ResourceArgs> parse_resource_args(const std::vector<std::string>& words,
                                                 const std::string& ns);

}  // namespace limpet::cli

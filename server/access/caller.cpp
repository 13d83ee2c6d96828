#include "server/access/caller.h"

#include <string_view>
#include <utility>

#include "core/base/text.h"

namespace limpet {
namespace {

// What follows the prefix, if the text begins with it.
std::optional<std::string> after(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  return std::string(text.substr(prefix.size()));
}

}  // namespace

absl::StatusOr<Caller> caller_of(const std::vector<std::string>& uris) {
  Caller caller;
  std::vector<Grant> grants;
  int identities = 0;
  for (const std::string& uri : uris) {
    if (const auto user = after(uri, "limpet:user:")) {
      caller.name = str_cat("user:", *user);
      ++identities;
    } else if (const auto node = after(uri, "limpet:node:")) {
      caller.name = str_cat("node:", *node);
      caller.node_id = *node;
      ++identities;
    } else if (const auto gateway = after(uri, "limpet:gateway:")) {
      caller.gateways.insert(*gateway);
    } else if (const auto role = after(uri, "limpet:role:")) {
      absl::StatusOr<Grant> grant = parse_grant(*role);
      if (!grant.ok()) {
        return absl::UnauthenticatedError(
            str_cat("the certificate's role ", std_view(grant.status().message())));
      }
      grants.push_back(*std::move(grant));
    }
  }
  if (identities != 1) {
    return absl::UnauthenticatedError(
        identities == 0 ? "the certificate does not say whose it is (limpet:user:... or "
                          "limpet:node:... among its alternative names)"
                        : "the certificate is of more than one identity");
  }
  if (caller.node_id && !grants.empty()) {
    return absl::UnauthenticatedError("the certificate is of a node, and has a role");
  }
  caller.grants = Grants(std::move(grants));
  return caller;
}

Caller trusted_caller() {
  Caller caller;
  caller.grants = Grants({{Role::kAdmin, ""}});
  return caller;
}

}  // namespace limpet

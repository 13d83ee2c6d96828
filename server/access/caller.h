// Who calls.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/routing/scope.h"
#include "server/access/grants.h"

namespace limpet {

struct Caller {
  std::string name;  // "user:alice", "token:ci", "node:node-1"; empty: not known, from this machine
  Grants grants;
  std::optional<std::string> node_id;  // of a node, which may do nothing but report as itself
  GatewayNames gateways;               // that the node may serve; empty: all
};

// What a certificate's URIs say (runtime/certificate.h). UNAUTHENTICATED: nothing of who it is, or
// of several.
absl::StatusOr<Caller> caller_of(const std::vector<std::string>& uris);

// Without TLS: the server is reached from its own machine alone, or its operator has said that
// everybody may do everything.
Caller trusted_caller();

}  // namespace limpet

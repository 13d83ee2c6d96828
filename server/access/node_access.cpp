#include "server/access/node_access.h"

#include "core/base/text.h"

namespace limpet {

absl::Status check_is_node(const Caller& caller) {
  // Without TLS everybody is believed to be whom he says.
  if (caller.node_id || caller.name.empty()) return absl::OkStatus();
  return absl::PermissionDeniedError(
      "only nodes may open this stream: give limpet-proxy a certificate of gwctl pki node");
}

absl::Status check_node(const Caller& caller, const v1::Hello& hello) {
  if (!caller.node_id) return check_is_node(caller);
  if (hello.node_id() != *caller.node_id) {
    return absl::PermissionDeniedError(str_cat("the certificate is of node ", *caller.node_id,
                                               ", and the node says that it is ",
                                               hello.node_id()));
  }
  if (caller.gateways.empty()) return absl::OkStatus();
  const std::string allowed = join(caller.gateways, ", ");
  if (hello.gateways().empty()) {
    return absl::PermissionDeniedError(
        str_cat("the certificate is for the Gateways ", allowed,
                "; start the node with --gateway for each that it is to serve"));
  }
  for (const std::string& gateway : hello.gateways()) {
    if (caller.gateways.contains(gateway)) continue;
    return absl::PermissionDeniedError(
        str_cat("the certificate is for the Gateways ", allowed, ", not for ", gateway));
  }
  return absl::OkStatus();
}

}  // namespace limpet

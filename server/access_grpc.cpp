#include "server/access_grpc.h"

#include <chrono>
#include <utility>

#include <spdlog/spdlog.h>

#include "core/base/text.h"
#include "server/access/node_access.h"
#include "server/context.h"

namespace limpet {
namespace {

std::string first_of(const grpc::AuthContext& context, const char* property) {
  const std::vector<grpc::string_ref> values = context.FindPropertyValues(property);
  return values.empty() ? std::string() : std::string(values[0].data(), values[0].size());
}

Credentials credentials_of(const grpc::CallbackServerContext& context) {
  Credentials credentials;
  if (const std::shared_ptr<const grpc::AuthContext> auth = context.auth_context()) {
    // On a server's side OpenSSL's chain begins behind the peer's own certificate.
    credentials.certificate_chain = first_of(*auth, GRPC_X509_PEM_CERT_PROPERTY_NAME) +
                                    first_of(*auth, GRPC_X509_PEM_CERT_CHAIN_PROPERTY_NAME);
  }
  const auto header = context.client_metadata().find("authorization");
  if (header != context.client_metadata().end()) {
    credentials.authorization = std::string(header->second.data(), header->second.size());
  }
  return credentials;
}

// The other side's words may be in it: for a line of the log and a row of the audit.
std::string for_a_line(std::string_view text) {
  constexpr size_t kMaxBytes = 512;
  std::string line(text.substr(0, kMaxBytes));
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < ' ') c = '?';
  }
  return line;
}

}  // namespace

absl::StatusOr<Origin> Access::admit(const grpc::CallbackServerContext& context,
                                     std::string_view method, const Needs& needs) {
  const std::string peer = context.peer();
  const absl::StatusOr<Caller> caller =
      authenticator_.caller(credentials_of(context), unix_ms_now());
  if (!caller.ok()) return deny("", peer, method, caller.status());
  if (absl::Status often = check_rate(*caller); !often.ok()) return often;
  const absl::Status permitted = check_needs(caller->grants, needs);
  if (!permitted.ok()) return deny(caller->name, peer, method, permitted);
  return Origin{caller->name, peer};
}

absl::StatusOr<Caller> Access::identify(const grpc::CallbackServerContext& context) {
  absl::StatusOr<Caller> caller = authenticator_.caller(credentials_of(context), unix_ms_now());
  if (!caller.ok()) return deny("", context.peer(), "Sync", caller.status());
  if (const absl::Status node = check_is_node(*caller); !node.ok()) {
    return deny(caller->name, context.peer(), "Sync", node);
  }
  if (absl::Status often = check_rate(*caller); !often.ok()) return often;
  return caller;
}

absl::Status Access::check_rate(const Caller& caller) {
  // Those who are not told apart share the machine, and nobody limits himself.
  if (caller.name.empty() || calls_.admit(caller.name, std::chrono::steady_clock::now())) {
    return absl::OkStatus();
  }
  return absl::ResourceExhaustedError(str_cat(caller.name, " calls too often; slow down"));
}

absl::Status Access::admit_node(const Caller& caller, const std::string& peer,
                                const v1::Hello& hello) {
  const absl::Status permitted = check_node(caller, hello);
  return permitted.ok() ? permitted : deny(caller.name, peer, "Sync", permitted);
}

absl::Status Access::deny(const std::string& who, const std::string& peer,
                          std::string_view method, const absl::Status& why) {
  const std::string named = who.empty() ? "somebody" : who;
  const std::string reason = for_a_line(std_view(why.message()));
  const std::string message = str_cat(method, ": ", reason);
  spdlog::warn("refused {} ({}): {}", named, peer, message);
  if (denials_.admit(named, std::chrono::steady_clock::now())) {
    note_denial_({unix_ms_now(), who, peer, "denied", message});
  }
  return absl::Status(why.code(), str_cat(method, " is refused to ", named, ": ", reason));
}

}  // namespace limpet

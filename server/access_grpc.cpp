#include "server/access_grpc.h"

#include <chrono>
#include <utility>

#include <spdlog/spdlog.h>

#include "core/base/text.h"
#include "server/access/node_access.h"
#include "server/access/token.h"
#include "server/context.h"

namespace limpet {
namespace {

std::string first_of(const grpc::AuthContext& context, const char* property) {
  const std::vector<grpc::string_ref> values = context.FindPropertyValues(property);
  return values.empty() ? std::string() : std::string(values[0].data(), values[0].size());
}

// What the HTTP door says of its callers; in the binary form, which takes any bytes.
constexpr char kDoorKey[] = "limpet-door-key-bin";
constexpr char kDoorPeer[] = "limpet-door-peer-bin";
constexpr char kDoorChain[] = "limpet-door-chain-bin";
constexpr char kDoorAuthorization[] = "limpet-door-authorization-bin";

std::string metadata_of(const grpc::CallbackServerContext& context, const char* name) {
  const auto found = context.client_metadata().find(name);
  if (found == context.client_metadata().end()) return {};
  return std::string(found->second.data(), found->second.size());
}

Credentials credentials_of(const grpc::CallbackServerContext& context) {
  Credentials credentials;
  if (const std::shared_ptr<const grpc::AuthContext> auth = context.auth_context()) {
    // On a server's side OpenSSL's chain begins behind the peer's own certificate.
    credentials.certificate_chain = first_of(*auth, GRPC_X509_PEM_CERT_PROPERTY_NAME) +
                                    first_of(*auth, GRPC_X509_PEM_CERT_CHAIN_PROPERTY_NAME);
  }
  credentials.authorization = metadata_of(context, "authorization");
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

Access::Call Access::call_of(const grpc::CallbackServerContext& context) const {
  if (!same_hash(metadata_of(context, kDoorKey), door_key_)) {
    return {credentials_of(context), context.peer()};
  }
  return {{.certificate_chain = metadata_of(context, kDoorChain),
           .authorization = metadata_of(context, kDoorAuthorization)},
          metadata_of(context, kDoorPeer)};
}

void Access::authorize(grpc::ClientContext& context, const Credentials& credentials,
                       const std::string& peer) const {
  context.AddMetadata(kDoorKey, door_key_);
  context.AddMetadata(kDoorPeer, peer);
  context.AddMetadata(kDoorChain, credentials.certificate_chain);
  context.AddMetadata(kDoorAuthorization, credentials.authorization);
}

absl::Status Access::identify(const Credentials& credentials, const std::string& peer,
                              std::string_view method) {
  const absl::StatusOr<Caller> caller = authenticator_.caller(credentials, unix_ms_now());
  return caller.ok() ? absl::OkStatus() : deny("", peer, method, caller.status());
}

absl::StatusOr<Origin> Access::admit(const grpc::CallbackServerContext& context,
                                     std::string_view method, const Needs& needs) {
  const auto [credentials, peer] = call_of(context);
  const absl::StatusOr<Caller> caller = authenticator_.caller(credentials, unix_ms_now());
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

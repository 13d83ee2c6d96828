// Who may make a call over gRPC.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>
#include <grpcpp/grpcpp.h>

#include "server/access/authenticator.h"
#include "server/access/needs.h"
#include "server/access/rate_limits.h"
#include "storage/store.h"

namespace limpet {

// Thread-safe.
class Access {
 public:
  // Refusals that are written down in a minute, at most; the others are only refused.
  static constexpr size_t kMaxDenialsPerMinute = 60;

  // `note_denial` writes down that somebody was refused. It is called on gRPC's threads and must
  // not wait. The authenticator must outlive the access.
  Access(Authenticator& authenticator, std::function<void(AuditRecord)> note_denial)
      : authenticator_(authenticator), note_denial_(std::move(note_denial)) {}

  // A call of the API that needs this. `method` is for the audit: "Apply". UNAUTHENTICATED,
  // PERMISSION_DENIED, or RESOURCE_EXHAUSTED when the caller calls too often.
  absl::StatusOr<Origin> admit(const grpc::CallbackServerContext& context,
                               std::string_view method, const Needs& needs);

  // A node's stream: who may open it, once its Hello says who it is.
  absl::StatusOr<Caller> identify(const grpc::CallbackServerContext& context);
  absl::Status admit_node(const Caller& caller, const std::string& peer,
                          const v1::Hello& hello);

 private:
  absl::Status check_rate(const Caller& caller);
  absl::Status deny(const std::string& who, const std::string& peer, std::string_view method,
                    const absl::Status& why);

  Authenticator& authenticator_;
  const std::function<void(AuditRecord)> note_denial_;
  RateLimits calls_{RateLimits::Limits{}};
  RateLimits denials_{{.per_second = kMaxDenialsPerMinute / 60.0, .burst = kMaxDenialsPerMinute}};
};

}  // namespace limpet

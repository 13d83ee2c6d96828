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
  // `door_key`: with it a call of this process's own says for whom it is made (for_door()); of
  // random bytes, and told to nobody.
  Access(Authenticator& authenticator, std::function<void(AuditRecord)> note_denial,
         std::string door_key)
      : authenticator_(authenticator),
        note_denial_(std::move(note_denial)),
        door_key_(std::move(door_key)) {}

  // A call of the API that needs this. `method` is for the audit: "Apply". UNAUTHENTICATED,
  // PERMISSION_DENIED, or RESOURCE_EXHAUSTED when the caller calls too often.
  absl::StatusOr<Origin> admit(const grpc::CallbackServerContext& context,
                               std::string_view method, const Needs& needs);

  // A node's stream: who may open it, once its Hello says who it is.
  absl::StatusOr<Caller> identify(const grpc::CallbackServerContext& context);
  absl::Status admit_node(const Caller& caller, const std::string& peer,
                          const v1::Hello& hello);

  // The HTTP door: whether it is known who calls, before anything is read or done for him. What he
  // may do is asked by admit(), of the call that the door makes with authorize().
  absl::Status identify(const Credentials& credentials, const std::string& peer,
                        std::string_view method);
  // That the door takes no call over such a connection. The audit has it; the answer is `why`.
  absl::Status refuse(const std::string& peer, std::string_view method, const absl::Status& why) {
    return deny("", peer, method, why);
  }
  void authorize(grpc::ClientContext& context, const Credentials& credentials,
                 const std::string& peer) const;

 private:
  struct Call {
    Credentials credentials;
    std::string peer;
  };

  Call call_of(const grpc::CallbackServerContext& context) const;
  absl::Status check_rate(const Caller& caller);
  absl::Status deny(const std::string& who, const std::string& peer, std::string_view method,
                    const absl::Status& why);

  Authenticator& authenticator_;
  const std::function<void(AuditRecord)> note_denial_;
  const std::string door_key_;
  RateLimits calls_{RateLimits::Limits{}};
  RateLimits denials_{{.per_second = kMaxDenialsPerMinute / 60.0, .burst = kMaxDenialsPerMinute}};
};

}  // namespace limpet

#include "server/grpc_status.h"

#include <string>

#include "core/base/text.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace limpet {
namespace {

// Of the details before their base64; and of the message, which is repeated in them.
constexpr size_t kMaxDetailBytes = 4 * 1024;
constexpr size_t kMaxMessageBytes = 512;

google::rpc::BadRequest bad_request_of(const std::vector<Violation>& violations) {
  google::rpc::BadRequest request;
  size_t size = 0;
  for (size_t i = 0; i < violations.size(); ++i) {
    const Violation& violation = violations[i];
    size += violation.field.size() + violation.message.size() + 8;
    google::rpc::BadRequest::FieldViolation& told = *request.add_field_violations();
    if (size > kMaxDetailBytes) {
      told.set_description(str_cat("and ", violations.size() - i, " further violations"));
      break;
    }
    told.set_field(violation.field);
    told.set_description(violation.message);
  }
  return request;
}

}  // namespace

grpc::Status to_grpc(const absl::Status& status, const std::vector<Violation>& violations) {
  if (status.ok()) return grpc::Status::OK;
  // The codes are the same numbers.
  const auto code = static_cast<grpc::StatusCode>(status.code());
  std::string message = str_cat(status.message());
  if (!violations.empty()) {
    absl::StrAppend(&message, ": ", violations.front().field, ": ", violations.front().message,
                    violations.size() > 1 ? ", and more" : "");
  }
  if (message.size() > kMaxMessageBytes) message = message.substr(0, kMaxMessageBytes) + "...";
  if (violations.empty()) return grpc::Status(code, message);
  google::rpc::Status details;
  details.set_code(static_cast<int>(code));
  details.set_message(message);
  details.add_details()->PackFrom(bad_request_of(violations));
  return grpc::Status(code, message, details.SerializeAsString());
}

grpc::ServerUnaryReactor* finish(grpc::CallbackServerContext* context, const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(to_grpc(status));
  return reactor;
}

}  // namespace limpet

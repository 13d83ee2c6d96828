#include "cli/management.h"

#include <absl/strings/cord.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace limpet::cli {

std::vector<FieldViolation> violations_of(const absl::Status& status) {
  const auto payload = status.GetPayload(kRpcStatusPayload);
  google::rpc::Status details;
  if (!payload || !details.ParseFromString(std::string(*payload))) return {};
  std::vector<FieldViolation> violations;
  for (const google::protobuf::Any& detail : details.details()) {
    google::rpc::BadRequest bad_request;
    if (!detail.Is<google::rpc::BadRequest>() || !detail.UnpackTo(&bad_request)) continue;
    for (const auto& violation : bad_request.field_violations()) {
      violations.push_back({violation.field(), violation.description()});
    }
  }
  return violations;
}

}  // namespace limpet::cli

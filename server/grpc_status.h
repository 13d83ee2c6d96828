// The one place where errors become gRPC statuses.
#pragma once

#include <vector>

#include <absl/status/status.h>
#include <grpcpp/grpcpp.h>

#include "core/validate/validate.h"

namespace limpet {

// With violations the status carries google.rpc.Status with a BadRequest that lists them. It
// travels in a trailer, and clients refuse trailers beyond 8 KiB unless told otherwise: the list
// is cut where it would be too long, and its last element says how many are left out.
grpc::Status to_grpc(const absl::Status& status, const std::vector<Violation>& violations = {});

// Ends a call that has one answer.
grpc::ServerUnaryReactor* finish(grpc::CallbackServerContext* context, const absl::Status& status);

}  // namespace limpet

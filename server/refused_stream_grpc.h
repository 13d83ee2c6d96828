#pragma once

#include <absl/status/status.h>
#include <grpcpp/grpcpp.h>

#include "server/grpc_status.h"

namespace limpet {

// For a stream that is not to be: ends at once. Owns itself.
template <typename Response>
class RefusedStream final : public grpc::ServerWriteReactor<Response> {
 public:
  explicit RefusedStream(const absl::Status& status) { this->Finish(to_grpc(status)); }
  void OnDone() override { delete this; }
};

}  // namespace limpet

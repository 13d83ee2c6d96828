// Explains sessions (server/explain_session.h) by what the server has and its nodes serve.
#pragma once

#include <cstdint>

#include <absl/status/statusor.h>

#include "limpet/v1/sessions.pb.h"
#include "server/applier.h"
#include "server/node_registry.h"
#include "server/publisher.h"

namespace limpet {

class SessionExplainer {
 public:
  // All must outlive it.
  SessionExplainer(Applier& applier, const Publisher& publisher, const NodeRegistry& registry)
      : applier_(applier), publisher_(publisher), registry_(registry) {}

  // To be called where waiting for the disk, and compiling states of the past, is no harm. Errors
  // as explain_session()'s; FAILED_PRECONDITION: the state cannot be served from.
  absl::StatusOr<v1::ExplainSessionResponse> explain(const v1::ExplainSessionRequest& request,
                                                     int64_t now_unix_ms);

 private:
  Applier& applier_;
  const Publisher& publisher_;
  const NodeRegistry& registry_;
};

}  // namespace limpet

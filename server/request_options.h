// What a change asks for beside its content (ChangeOptions of proto/limpet/v1/management.proto).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>

#include "core/snapshot/state_id.h"
#include "core/validate/validate.h"
#include "limpet/v1/management.pb.h"

namespace limpet {

inline constexpr size_t kMaxRequestIdBytes = 128;
inline constexpr size_t kMaxChangeMessageBytes = 1024;

std::vector<Violation> validate_options(const v1::ChangeOptions& options);

// ABORTED when the request expects another state.
absl::Status check_expected_revision(const v1::ChangeOptions& options, const StateId& head);

// By which a request is known to be the same again: SHA-256 of what it does and its bytes.
std::string request_digest(std::string_view action, const google::protobuf::Message& request);

}  // namespace limpet

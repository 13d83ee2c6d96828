// What a request of the HTTP door asks for, by its head.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <absl/status/status.h>

#include "core/validate/validate.h"
#include "limpet/v1/management.pb.h"
#include "runtime/http_door.h"

namespace limpet {

inline constexpr std::string_view kDoorPrefix = "/v1/";

// Its request is in the body.
struct ApplyCall {};
using DoorCall =
    std::variant<ApplyCall, v1::GetRequest, v1::ListRequest, v1::DeleteRequest, v1::WatchRequest>;

// "Apply": the method of the API, for the audit.
std::string_view name_of(const DoorCall& call);

// What is said in place of an answer.
struct DoorError {
  unsigned http_status = 400;
  absl::Status status;  // not OK
  std::vector<Violation> violations = {};
  std::string allow = {};  // with 405: what is allowed
};

using CallOrError = std::variant<DoorCall, DoorError>;

// Reads the whole head but for who calls.
CallOrError read_call(const HttpHead& head);

// The host of a "Host" header, without the port and a numeric address's brackets.
std::string_view host_of(std::string_view header);

}  // namespace limpet

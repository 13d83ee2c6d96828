// What the HTTP door answers with.
#pragma once

#include <string>
#include <string_view>

#include "limpet/v1/management.pb.h"
#include "runtime/http_door.h"
#include "server/door/call.h"

namespace limpet {

// As google/rpc/code.proto maps them, but that OUT_OF_RANGE is 410 (Gone), as Kubernetes answers
// for a revision that is compacted away.
unsigned http_status_of(absl::StatusCode code);

// {"code": 3, "status": "INVALID_ARGUMENT", "message": "...", "details": [{"field": "...",
// "description": "..."}]}
AdminResponse answer_of(const DoorError& error);

// Of a call that the API refused. `details`: a google.rpc.Status, or nothing.
DoorError error_of(const absl::Status& status, std::string_view details);

// Objects look like those of `gwctl get -o json`.
AdminResponse answer_of(const v1::ApplyResponse& response);
AdminResponse answer_of(const v1::DeleteResponse& response);
AdminResponse answer_of(const v1::GetResponse& response);
AdminResponse answer_of(const v1::ListResponse& response);

// Server-sent events (the HTML standard, section 9.2): "upserted" and "deleted" with an object,
// "bookmark" with a revision, which is its id, and "failed", the last one.
inline constexpr std::string_view kEventStream = "text/event-stream";
inline constexpr std::string_view kHeartbeatComment = ":\n\n";
std::string events_of(const v1::WatchResponse& response);
std::string event_of(const DoorError& error);

}  // namespace limpet

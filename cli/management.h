// The management server as the commands see it. The real one is in client_grpc.h.
#pragma once

#include <functional>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "limpet/v1/management.pb.h"

namespace limpet::cli {

// Calls block. Errors are the server's, with the code of the RPC; kUnavailable also when there is
// no server. Messages are for people. What was wrong with single fields: violations_of().
class Management {
 public:
  virtual ~Management() = default;

  virtual absl::StatusOr<v1::ApplyResponse> apply(const v1::ApplyRequest& request) = 0;
  virtual absl::StatusOr<v1::GetResponse> get(const v1::GetRequest& request) = 0;
  virtual absl::StatusOr<v1::ListResponse> list(const v1::ListRequest& request) = 0;
  virtual absl::StatusOr<v1::DeleteResponse> remove(const v1::DeleteRequest& request) = 0;
  virtual absl::StatusOr<v1::ListRevisionsResponse> list_revisions(
      const v1::ListRevisionsRequest& request) = 0;
  virtual absl::StatusOr<v1::DiffResponse> diff(const v1::DiffRequest& request) = 0;
  virtual absl::StatusOr<v1::ApplyResponse> rollback(const v1::RollbackRequest& request) = 0;
  virtual absl::StatusOr<v1::ListAuditResponse> list_audit(const v1::ListAuditRequest& request) = 0;
  virtual absl::StatusOr<v1::ListNodesResponse> list_nodes() = 0;
  virtual absl::StatusOr<v1::AdoptNodesResponse> adopt_nodes(
      const v1::AdoptNodesRequest& request) = 0;
  virtual absl::StatusOr<v1::GetVersionResponse> version() = 0;
  virtual absl::StatusOr<v1::CreateTokenResponse> create_token(
      const v1::CreateTokenRequest& request) = 0;
  virtual absl::StatusOr<v1::ListTokensResponse> list_tokens() = 0;
  virtual absl::StatusOr<v1::RevokeTokenResponse> revoke_token(
      const v1::RevokeTokenRequest& request) = 0;

  virtual absl::StatusOr<v1::EvictSessionsResponse> evict_sessions(
      const v1::EvictSessionsRequest& request) = 0;
  virtual absl::StatusOr<v1::ExplainSessionResponse> explain_session(
      const v1::ExplainSessionRequest& request) = 0;
  virtual absl::StatusOr<v1::DrainResponse> drain(const v1::DrainRequest& request) = 0;
  virtual absl::StatusOr<v1::GetDrainResponse> get_drain(const v1::GetDrainRequest& request) = 0;
  virtual absl::StatusOr<v1::ListEndpointsResponse> list_endpoints(
      const v1::ListEndpointsRequest& request) = 0;
  virtual absl::StatusOr<v1::ListKeysResponse> list_keys() = 0;
  virtual absl::StatusOr<v1::RotateKeysResponse> rotate_keys(
      const v1::RotateKeysRequest& request) = 0;

  // Whole databases, in parts. `save`: the function is called for each part that comes; its error
  // ends the call and is returned. `restore`: it fills in each part to send, and returns whether
  // that is not the last; its error ends the call, and nothing is changed.
  using SavedPart = std::function<absl::Status(const v1::SaveSnapshotResponse&)>;
  virtual absl::Status save_snapshot(const SavedPart& part) = 0;
  using NextPart = std::function<absl::StatusOr<bool>(v1::RestoreSnapshotRequest&)>;
  virtual absl::StatusOr<v1::RestoreSnapshotResponse> restore_snapshot(const NextPart& next) = 0;

  // Streams: the function is called for each message until it returns false, the stream ends, or
  // the time is over (kDeadlineExceeded).
  using Progress = std::function<bool(const v1::WaitActiveResponse&)>;
  virtual absl::Status wait_active(const v1::WaitActiveRequest& request, absl::Duration timeout,
                                   const Progress& progress) = 0;
  using NodeNews = std::function<bool(const v1::WatchNodesResponse&)>;
  virtual absl::Status watch_nodes(const NodeNews& news) = 0;
  using Events = std::function<bool(const v1::WatchResponse&)>;
  virtual absl::Status watch(const v1::WatchRequest& request, absl::Duration timeout,
                             const Events& events) = 0;
};

struct FieldViolation {
  std::string field;  // "resources[3].spec.rules[0].name"
  std::string description;
};

// Those that came with an error of kInvalidArgument.
std::vector<FieldViolation> violations_of(const absl::Status& status);

// Under which the bytes of the server's google.rpc.Status lie in an absl::Status.
inline constexpr char kRpcStatusPayload[] = "type.googleapis.com/google.rpc.Status";

}  // namespace limpet::cli

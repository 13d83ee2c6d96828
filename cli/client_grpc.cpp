#include "cli/client_grpc.h"

#include <algorithm>

#include <absl/strings/ascii.h>
#include <absl/strings/cord.h>
#include <grpcpp/grpcpp.h>

#include "core/base/text.h"
#include "limpet/v1/management.grpc.pb.h"
#include "runtime/data_dir.h"
#include "runtime/host_port.h"
#include "runtime/tls_grpc.h"

namespace limpet::cli {
namespace {

constexpr int kMaxMessageBytes = 256 << 20;  // an Apply or a List of everything
constexpr absl::Duration kTransferTimeout = absl::Minutes(30);  // of a whole database

std::shared_ptr<grpc::Channel> make_channel(const Connection& connection,
                                            const absl::Status& problem) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetMaxSendMessageSize(kMaxMessageBytes);
  // The environment's http_proxy is for the web, not for the cluster's own addresses.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  const auto credentials =
      problem.ok() ? channel_credentials(connection.tls) : grpc::InsecureChannelCredentials();
  return grpc::CreateCustomChannel(connection.server, credentials, arguments);
}

// What would make every call fail, in words about the files.
absl::Status check(const Connection& connection) {
  if (connection.tls.ca.empty() && !connection.tls.identity.empty()) {
    return absl::InvalidArgumentError(
        "--tls-identity needs --tls-ca, which the server is believed from");
  }
  const bool with_token = !connection.token.empty() || !connection.token_file.empty();
  const absl::StatusOr<HostPort> server = parse_host_port(connection.server);
  if (with_token && connection.tls.ca.empty() && !(server.ok() && is_loopback(server->host))) {
    return absl::InvalidArgumentError(
        "a token needs --tls-ca: without TLS everybody on the way could read it");
  }
  return check_tls_files(connection.tls);
}

absl::StatusOr<std::string> token_of(const Connection& connection) {
  if (!connection.token.empty() || connection.token_file.empty()) return connection.token;
  constexpr uint64_t kMaxTokenBytes = 4096;
  absl::StatusOr<std::string> token = read_file(connection.token_file, kMaxTokenBytes);
  if (!token.ok()) return token;
  absl::StripAsciiWhitespace(&*token);
  const bool one = std::ranges::all_of(*token, [](char c) { return c > ' ' && c <= '~'; });
  if (one && !token->empty()) return token;
  return absl::InvalidArgumentError(str_cat(connection.token_file, " is not one token"));
}

// gRPC tells the whole history of an attempt; a person needs its last word.
std::string reason_of(const std::string& message) {
  constexpr std::string_view kLastWord = "Failed to connect to remote host: ";
  const size_t at = message.rfind(kLastWord);
  return at == std::string::npos ? message : message.substr(at + kLastWord.size());
}

class GrpcManagement : public Management {
 public:
  explicit GrpcManagement(const Connection& connection)
      : address_(connection.server),
        call_timeout_(connection.call_timeout),
        problem_(check(connection)),
        channel_(make_channel(connection, problem_)),
        stub_(v1::Management::NewStub(channel_)) {
    absl::StatusOr<std::string> token = token_of(connection);
    if (token.ok()) {
      token_ = *std::move(token);
    } else {
      problem_.Update(token.status());
    }
  }

  absl::StatusOr<v1::ApplyResponse> apply(const v1::ApplyRequest& request) override {
    return call(&v1::Management::Stub::Apply, request);
  }
  absl::StatusOr<v1::GetResponse> get(const v1::GetRequest& request) override {
    return call(&v1::Management::Stub::Get, request);
  }
  absl::StatusOr<v1::ListResponse> list(const v1::ListRequest& request) override {
    return call(&v1::Management::Stub::List, request);
  }
  absl::StatusOr<v1::DeleteResponse> remove(const v1::DeleteRequest& request) override {
    return call(&v1::Management::Stub::Delete, request);
  }
  absl::StatusOr<v1::ListRevisionsResponse> list_revisions(
      const v1::ListRevisionsRequest& request) override {
    return call(&v1::Management::Stub::ListRevisions, request);
  }
  absl::StatusOr<v1::DiffResponse> diff(const v1::DiffRequest& request) override {
    return call(&v1::Management::Stub::Diff, request);
  }
  absl::StatusOr<v1::ApplyResponse> rollback(const v1::RollbackRequest& request) override {
    return call(&v1::Management::Stub::Rollback, request);
  }
  absl::StatusOr<v1::ListAuditResponse> list_audit(const v1::ListAuditRequest& request) override {
    return call(&v1::Management::Stub::ListAudit, request);
  }
  absl::StatusOr<v1::ListNodesResponse> list_nodes() override {
    return call(&v1::Management::Stub::ListNodes, v1::ListNodesRequest());
  }
  absl::StatusOr<v1::AdoptNodesResponse> adopt_nodes(
      const v1::AdoptNodesRequest& request) override {
    return call(&v1::Management::Stub::AdoptNodes, request);
  }
  absl::StatusOr<v1::GetVersionResponse> version() override {
    return call(&v1::Management::Stub::GetVersion, v1::GetVersionRequest());
  }
  absl::StatusOr<v1::CreateTokenResponse> create_token(
      const v1::CreateTokenRequest& request) override {
    return call(&v1::Management::Stub::CreateToken, request);
  }
  absl::StatusOr<v1::ListTokensResponse> list_tokens() override {
    return call(&v1::Management::Stub::ListTokens, v1::ListTokensRequest());
  }
  absl::StatusOr<v1::RevokeTokenResponse> revoke_token(
      const v1::RevokeTokenRequest& request) override {
    return call(&v1::Management::Stub::RevokeToken, request);
  }

  absl::StatusOr<v1::EvictSessionsResponse> evict_sessions(
      const v1::EvictSessionsRequest& request) override {
    return call(&v1::Management::Stub::EvictSessions, request);
  }
  absl::StatusOr<v1::ExplainSessionResponse> explain_session(
      const v1::ExplainSessionRequest& request) override {
    return call(&v1::Management::Stub::ExplainSession, request);
  }
  absl::StatusOr<v1::DrainResponse> drain(const v1::DrainRequest& request) override {
    return call(&v1::Management::Stub::Drain, request);
  }
  absl::StatusOr<v1::GetDrainResponse> get_drain(const v1::GetDrainRequest& request) override {
    return call(&v1::Management::Stub::GetDrain, request);
  }
  absl::StatusOr<v1::ListEndpointsResponse> list_endpoints(
      const v1::ListEndpointsRequest& request) override {
    return call(&v1::Management::Stub::ListEndpoints, request);
  }
  absl::StatusOr<v1::ListKeysResponse> list_keys() override {
    return call(&v1::Management::Stub::ListKeys, v1::ListKeysRequest());
  }
  absl::StatusOr<v1::RotateKeysResponse> rotate_keys(
      const v1::RotateKeysRequest& request) override {
    return call(&v1::Management::Stub::RotateKeys, request);
  }

  absl::Status save_snapshot(const SavedPart& part) override {
    if (!problem_.ok()) return problem_;
    grpc::ClientContext context;
    authorize(context);
    set_timeout(context, kTransferTimeout);
    absl::Status handled;
    const absl::Status read = read_all<v1::SaveSnapshotResponse>(
        context, *stub_->SaveSnapshot(&context, v1::SaveSnapshotRequest()),
        [&](const v1::SaveSnapshotResponse& response) {
          handled = part(response);
          return handled.ok();
        });
    return handled.ok() ? read : handled;
  }

  absl::StatusOr<v1::RestoreSnapshotResponse> restore_snapshot(const NextPart& next) override {
    if (!problem_.ok()) return problem_;
    grpc::ClientContext context;
    authorize(context);
    set_timeout(context, kTransferTimeout);
    v1::RestoreSnapshotResponse response;
    const auto writer = stub_->RestoreSnapshot(&context, &response);
    absl::StatusOr<bool> more = true;
    while (more.ok() && *more) {
      v1::RestoreSnapshotRequest part;
      more = next(part);
      // Where the server takes no more, its status says why.
      if (more.ok() && !writer->Write(part)) break;
    }
    if (more.ok()) {
      writer->WritesDone();
    } else {
      context.TryCancel();
    }
    const grpc::Status status = writer->Finish();
    if (!more.ok()) return more.status();
    if (!status.ok()) return to_absl(status);
    return response;
  }

  absl::Status wait_active(const v1::WaitActiveRequest& request, absl::Duration timeout,
                           const Progress& progress) override {
    if (!problem_.ok()) return problem_;
    grpc::ClientContext context;
    authorize(context);
    set_timeout(context, timeout);
    return read_all(context, *stub_->WaitActive(&context, request), progress);
  }

  absl::Status watch_nodes(const NodeNews& news) override {
    if (!problem_.ok()) return problem_;
    grpc::ClientContext context;
    authorize(context);
    return read_all(context, *stub_->WatchNodes(&context, v1::WatchNodesRequest()), news);
  }

  absl::Status watch(const v1::WatchRequest& request, absl::Duration timeout,
                     const Events& events) override {
    if (!problem_.ok()) return problem_;
    grpc::ClientContext context;
    authorize(context);
    set_timeout(context, timeout);
    return read_all(context, *stub_->Watch(&context, request), events);
  }

 private:
  void authorize(grpc::ClientContext& context) const {
    if (!token_.empty()) context.AddMetadata("authorization", "Bearer " + token_);
  }

  static void set_timeout(grpc::ClientContext& context, absl::Duration timeout) {
    if (timeout == absl::InfiniteDuration()) return;
    context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  }

  template <typename Response>
  absl::Status read_all(grpc::ClientContext& context, grpc::ClientReader<Response>& reader,
                        const std::function<bool(const Response&)>& handle) {
    Response response;
    while (reader.Read(&response)) {
      if (handle(response)) continue;
      context.TryCancel();
      reader.Finish();
      return absl::OkStatus();
    }
    return to_absl(reader.Finish());
  }

  template <typename Request, typename Response>
  absl::StatusOr<Response> call(grpc::Status (v1::Management::Stub::*method)(grpc::ClientContext*,
                                                                             const Request&,
                                                                             Response*),
                                const Request& request) {
    if (!problem_.ok()) return problem_;
    grpc::ClientContext context;
    authorize(context);
    set_timeout(context, call_timeout_);
    Response response;
    const grpc::Status status = ((*stub_).*method)(&context, request, &response);
    if (!status.ok()) return to_absl(status);
    return response;
  }

  absl::Status to_absl(const grpc::Status& status) const {
    if (status.ok()) return absl::OkStatus();
    auto code = static_cast<absl::StatusCode>(status.error_code());
    std::string message = status.error_message();
    // Without a connection, whatever went wrong went wrong on the way.
    const bool connected = channel_->GetState(false) == GRPC_CHANNEL_READY;
    const bool on_the_way =
        code == absl::StatusCode::kUnavailable || code == absl::StatusCode::kDeadlineExceeded;
    if (!connected && on_the_way) {
      code = absl::StatusCode::kUnavailable;
      message =
          str_cat("cannot reach the management server at ", address_, ": ", reason_of(message));
    }
    if (code == absl::StatusCode::kUnimplemented && message.empty()) {
      message =
          str_cat("the management server at ", address_, " is older than this gwctl and does ",
                  "not know this call; \"gwctl version\" shows both");
    }
    absl::Status result(code, message);
    if (!status.error_details().empty()) {
      result.SetPayload(kRpcStatusPayload, absl::Cord(status.error_details()));
    }
    return result;
  }

  const std::string address_;
  const absl::Duration call_timeout_;
  absl::Status problem_;  // not OK: no call is made
  std::string token_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::Management::Stub> stub_;
};

}  // namespace

std::unique_ptr<Management> connect_to(const Connection& connection) {
  return std::make_unique<GrpcManagement>(connection);
}

}  // namespace limpet::cli

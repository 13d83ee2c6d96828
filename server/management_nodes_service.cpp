// What ManagementService tells of the nodes and of itself.
#include <utility>

#include "core/snapshot/wire.h"
#include "server/context.h"
#include "server/grpc_status.h"
#include "server/management_service.h"

namespace limpet {

grpc::ServerUnaryReactor* ManagementService::ListNodes(grpc::CallbackServerContext* context,
                                                       const v1::ListNodesRequest*,
                                                       v1::ListNodesResponse* response) {
  const auto origin = access_.admit(*context, "ListNodes", kViewSomewhere);
  if (!origin.ok()) return finish(context, origin.status());
  *response->mutable_head() = to_proto(publisher_.head().id());
  for (v1::NodeStatus& node : registry_.list(unix_ms_now())) {
    *response->add_nodes() = std::move(node);
  }
  return finish(context, absl::OkStatus());
}

grpc::ServerWriteReactor<v1::WatchNodesResponse>* ManagementService::WatchNodes(
    grpc::CallbackServerContext* context, const v1::WatchNodesRequest*) {
  const auto origin = access_.admit(*context, "WatchNodes", kViewSomewhere);
  if (!origin.ok()) return ProgressService::refuse_watch(origin.status());
  return progress_.watch();
}

grpc::ServerWriteReactor<v1::WaitActiveResponse>* ManagementService::WaitActive(
    grpc::CallbackServerContext* context, const v1::WaitActiveRequest* request) {
  const auto origin = access_.admit(*context, "WaitActive", kViewSomewhere);
  if (!origin.ok()) return ProgressService::refuse_wait(origin.status());
  return progress_.wait(*request);
}

grpc::ServerUnaryReactor* ManagementService::GetVersion(grpc::CallbackServerContext* context,
                                                        const v1::GetVersionRequest*,
                                                        v1::GetVersionResponse* response) {
  const auto origin = access_.admit(*context, "GetVersion", kViewSomewhere);
  if (!origin.ok()) return finish(context, origin.status());
  response->set_version(version_);
  *response->mutable_head() = to_proto(publisher_.head().id());
  return finish(context, absl::OkStatus());
}

}  // namespace limpet

// The API of people and automation over gRPC (proto/limpet/v1/management.proto).
#pragma once

#include <filesystem>
#include <string>

#include <grpcpp/grpcpp.h>

#include "limpet/v1/management.grpc.pb.h"
#include "server/access/tokens.h"
#include "server/access_grpc.h"
#include "server/applier.h"
#include "server/dns_status.h"
#include "server/drain_watch.h"
#include "server/node_registry.h"
#include "server/object_status.h"
#include "server/progress_service.h"
#include "server/publisher.h"
#include "server/scoped_states.h"
#include "server/serial_worker.h"
#include "server/session_explainer.h"
#include "server/snapshot_service.h"
#include "server/watch_service.h"

namespace limpet {

// Thread-safe. Reads answer from the published snapshot, on gRPC's threads; changes, and reads of
// the past, take turns on a thread of their own.
class ManagementService final : public v1::Management::CallbackService {
 public:
  // All must outlive the service, and the service the gRPC server.
  struct Parts {
    Applier& applier;
    Publisher& publisher;
    NodeRegistry& registry;
    ScopedStates& scoped;
    Access& access;
    Tokens& tokens;
    const DnsStatus& dns;
    const std::filesystem::path& data_dir;  // where the database is
    int64_t key_rotation_ms;                // the age at which keys are replaced; 0: never
  };
  ManagementService(const Parts& parts, std::string version)
      : applier_(parts.applier),
        publisher_(parts.publisher),
        registry_(parts.registry),
        parts_(parts.scoped),
        access_(parts.access),
        tokens_(parts.tokens),
        dns_(parts.dns),
        key_rotation_ms_(parts.key_rotation_ms),
        version_(std::move(version)),
        snapshots_(parts.applier, parts.registry, parts.data_dir) {}

  grpc::ServerUnaryReactor* Apply(grpc::CallbackServerContext* context,
                                  const v1::ApplyRequest* request,
                                  v1::ApplyResponse* response) override;
  grpc::ServerUnaryReactor* Get(grpc::CallbackServerContext* context, const v1::GetRequest* request,
                                v1::GetResponse* response) override;
  grpc::ServerUnaryReactor* List(grpc::CallbackServerContext* context,
                                 const v1::ListRequest* request,
                                 v1::ListResponse* response) override;
  grpc::ServerUnaryReactor* Delete(grpc::CallbackServerContext* context,
                                   const v1::DeleteRequest* request,
                                   v1::DeleteResponse* response) override;
  grpc::ServerUnaryReactor* ListRevisions(grpc::CallbackServerContext* context,
                                          const v1::ListRevisionsRequest* request,
                                          v1::ListRevisionsResponse* response) override;
  grpc::ServerUnaryReactor* Diff(grpc::CallbackServerContext* context,
                                 const v1::DiffRequest* request,
                                 v1::DiffResponse* response) override;
  grpc::ServerUnaryReactor* Rollback(grpc::CallbackServerContext* context,
                                     const v1::RollbackRequest* request,
                                     v1::ApplyResponse* response) override;
  grpc::ServerUnaryReactor* ListAudit(grpc::CallbackServerContext* context,
                                      const v1::ListAuditRequest* request,
                                      v1::ListAuditResponse* response) override;
  grpc::ServerWriteReactor<v1::SaveSnapshotResponse>* SaveSnapshot(
      grpc::CallbackServerContext* context, const v1::SaveSnapshotRequest* request) override;
  grpc::ServerReadReactor<v1::RestoreSnapshotRequest>* RestoreSnapshot(
      grpc::CallbackServerContext* context, v1::RestoreSnapshotResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchResponse>* Watch(grpc::CallbackServerContext* context,
                                                     const v1::WatchRequest* request) override;
  grpc::ServerUnaryReactor* ListNodes(grpc::CallbackServerContext* context,
                                      const v1::ListNodesRequest* request,
                                      v1::ListNodesResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchNodesResponse>* WatchNodes(
      grpc::CallbackServerContext* context, const v1::WatchNodesRequest* request) override;
  grpc::ServerUnaryReactor* AdoptNodes(grpc::CallbackServerContext* context,
                                       const v1::AdoptNodesRequest* request,
                                       v1::AdoptNodesResponse* response) override;
  grpc::ServerWriteReactor<v1::WaitActiveResponse>* WaitActive(
      grpc::CallbackServerContext* context, const v1::WaitActiveRequest* request) override;
  grpc::ServerUnaryReactor* GetVersion(grpc::CallbackServerContext* context,
                                       const v1::GetVersionRequest* request,
                                       v1::GetVersionResponse* response) override;
  grpc::ServerUnaryReactor* CreateToken(grpc::CallbackServerContext* context,
                                        const v1::CreateTokenRequest* request,
                                        v1::CreateTokenResponse* response) override;
  grpc::ServerUnaryReactor* ListTokens(grpc::CallbackServerContext* context,
                                       const v1::ListTokensRequest* request,
                                       v1::ListTokensResponse* response) override;
  grpc::ServerUnaryReactor* RevokeToken(grpc::CallbackServerContext* context,
                                        const v1::RevokeTokenRequest* request,
                                        v1::RevokeTokenResponse* response) override;

  grpc::ServerUnaryReactor* EvictSessions(grpc::CallbackServerContext* context,
                                          const v1::EvictSessionsRequest* request,
                                          v1::EvictSessionsResponse* response) override;
  grpc::ServerUnaryReactor* ExplainSession(grpc::CallbackServerContext* context,
                                           const v1::ExplainSessionRequest* request,
                                           v1::ExplainSessionResponse* response) override;

  grpc::ServerUnaryReactor* Drain(grpc::CallbackServerContext* context,
                                  const v1::DrainRequest* request,
                                  v1::DrainResponse* response) override;
  grpc::ServerUnaryReactor* GetDrain(grpc::CallbackServerContext* context,
                                     const v1::GetDrainRequest* request,
                                     v1::GetDrainResponse* response) override;
  grpc::ServerUnaryReactor* ListEndpoints(grpc::CallbackServerContext* context,
                                          const v1::ListEndpointsRequest* request,
                                          v1::ListEndpointsResponse* response) override;

  grpc::ServerUnaryReactor* ListKeys(grpc::CallbackServerContext* context,
                                     const v1::ListKeysRequest* request,
                                     v1::ListKeysResponse* response) override;
  grpc::ServerUnaryReactor* RotateKeys(grpc::CallbackServerContext* context,
                                       const v1::RotateKeysRequest* request,
                                       v1::RotateKeysResponse* response) override;

  // How far drains are, for who ends them.
  DrainWatch& drains() { return drains_; }
  // Where changes are made, for those that the server makes by itself.
  SerialWorker& worker() { return worker_; }

  // Ends every call that is answered with a stream, and each that comes later, with UNAVAILABLE.
  void stop();

 private:
  // Does the change on the worker and finishes the reactor with its outcome.
  template <typename Change, typename Response>
  grpc::ServerUnaryReactor* change(grpc::CallbackServerContext* context, const Origin& origin,
                                   Response* response, Change change);
  // Makes the answer on the worker, where the disk may be waited for, and finishes the reactor.
  template <typename Make, typename Response>
  grpc::ServerUnaryReactor* answer_later(grpc::CallbackServerContext* context, Response* response,
                                      Make make);

  NodeFacts node_facts(Epoch epoch);
  // With the values of the state's Secrets, opened: for conditions alone.
  StatusSources status_sources(const Snapshot& state) const;
  // What is known of the object beside the routing table and the nodes.
  void tell_more(const Entry& entry, v1::Resource& resource);
  // Of the objects that are still what they are in the page, which may be of a past state.
  void tell_statuses(v1::ListResponse& page);

  // On the worker: writes down what makes no revision.
  absl::Status note(const Origin& origin, const char* action, const std::string& message);

  Applier& applier_;
  Publisher& publisher_;
  NodeRegistry& registry_;
  ScopedStates& parts_;  // what nodes get
  Access& access_;
  Tokens& tokens_;
  const DnsStatus& dns_;
  const int64_t key_rotation_ms_;
  const std::string version_;
  ProgressService progress_{registry_, publisher_};
  WatchService watches_{applier_, publisher_, worker_};
  SnapshotService snapshots_;
  SessionExplainer sessions_{applier_, publisher_, registry_};
  DrainWatch drains_{applier_, publisher_, registry_};
  // The last: its jobs use all that is above.
  SerialWorker worker_;
};

}  // namespace limpet

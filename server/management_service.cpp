#include "server/management_service.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "core/resource/kind.h"
#include "core/snapshot/wire.h"
#include "server/context.h"
#include "server/grpc_status.h"
#include "server/history.h"
#include "server/refused_stream_grpc.h"

namespace limpet {
namespace {

grpc::ServerUnaryReactor* finish(grpc::CallbackServerContext* context, const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(to_grpc(status));
  return reactor;
}

}  // namespace

// One WaitActive. Lifetime and threads as of DiscoveryService::Stream.
class ManagementService::Wait final : public grpc::ServerWriteReactor<v1::WaitActiveResponse>,
                                      public std::enable_shared_from_this<Wait> {
 public:
  Wait(ManagementService& service, const StateId& head, uint64_t revision)
      : service_(service), epoch_(head.epoch), revision_(revision) {}

  void start() {
    self_ = shared_from_this();
    subscription_ = service_.registry_.changed().subscribe([weak = weak_from_this()] {
      if (const std::shared_ptr<Wait> wait = weak.lock()) wait->look();
    });
    look();
  }

  void end(const grpc::Status& status) {
    const std::lock_guard lock(mutex_);
    if (ending_) return;
    ending_ = true;
    final_ = status;
    if (!writing_) Finish(final_);
  }

  void OnWriteDone(bool ok) override {
    {
      const std::lock_guard lock(mutex_);
      writing_ = false;
      if (!ok && !ending_) {
        ending_ = true;
        final_ = grpc::Status::CANCELLED;
      }
      if (ending_) return Finish(final_);
    }
    look();  // what changed meanwhile
  }

  void OnCancel() override { end(grpc::Status::CANCELLED); }

  void OnDone() override {
    service_.remove(this);
    subscription_ = {};
    self_.reset();
  }

 private:
  // Reports the progress if there is some that was not reported.
  void look() {
    const std::lock_guard lock(mutex_);
    if (writing_ || ending_) return;
    v1::WaitActiveResponse progress = service_.registry_.progress(epoch_, revision_);
    std::string bytes = serialize(progress);
    if (bytes == told_) return;
    told_ = std::move(bytes);
    outgoing_ = std::move(progress);
    writing_ = true;
    // With the last report the stream ends as soon as it is written.
    ending_ = outgoing_.done();
    StartWrite(&outgoing_);
  }

  ManagementService& service_;
  const Epoch epoch_;
  const uint64_t revision_;
  Signal::Subscription subscription_;
  std::shared_ptr<Wait> self_;

  std::mutex mutex_;
  // Guarded by it:
  bool writing_ = false;
  bool ending_ = false;
  grpc::Status final_;
  std::string told_;  // the last report, serialised
  v1::WaitActiveResponse outgoing_;
};

namespace {

using RefusedWait = RefusedStream<v1::WaitActiveResponse>;

absl::Status stopping() { return absl::UnavailableError("the server is stopping"); }

absl::Status too_many_jobs() {
  return absl::ResourceExhaustedError(
      str_cat(SerialWorker::kMaxJobs, " requests are waiting; try again later"));
}

}  // namespace

template <typename Change, typename Response>
grpc::ServerUnaryReactor* ManagementService::change(grpc::CallbackServerContext* context,
                                                    Response* response, Change change) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  // The request and the response live until Finish().
  const bool accepted = worker_.post([reactor, response, peer = context->peer(), change] {
    Applier::Outcome outcome = change(peer);
    if (outcome.status.ok()) {
      *response->mutable_state() = to_proto(outcome.state);
      for (v1::ObjectResult& result : outcome.results) {
        *response->add_results() = std::move(result);
      }
    }
    reactor->Finish(to_grpc(outcome.status, outcome.violations));
  });
  if (!accepted) {
    reactor->Finish(to_grpc(too_many_jobs()));
  }
  return reactor;
}

grpc::ServerUnaryReactor* ManagementService::Apply(grpc::CallbackServerContext* context,
                                                   const v1::ApplyRequest* request,
                                                   v1::ApplyResponse* response) {
  return change(context, response, [this, request](const std::string& peer) {
    return applier_.apply(*request, peer, make_change_context());
  });
}

grpc::ServerUnaryReactor* ManagementService::Delete(grpc::CallbackServerContext* context,
                                                    const v1::DeleteRequest* request,
                                                    v1::DeleteResponse* response) {
  return change(context, response, [this, request](const std::string& peer) {
    return applier_.remove(*request, peer, make_change_context());
  });
}

grpc::ServerUnaryReactor* ManagementService::Rollback(grpc::CallbackServerContext* context,
                                                      const v1::RollbackRequest* request,
                                                      v1::ApplyResponse* response) {
  return change(context, response, [this, request](const std::string& peer) {
    return applier_.rollback(*request, peer, make_change_context());
  });
}

template <typename Read, typename Response>
grpc::ServerUnaryReactor* ManagementService::read_past(grpc::CallbackServerContext* context,
                                                       Response* response, Read read) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const bool accepted = worker_.post([reactor, response, read] {
    absl::StatusOr<Response> answer = read();
    if (answer.ok()) *response = *std::move(answer);
    reactor->Finish(to_grpc(answer.status()));
  });
  if (!accepted) reactor->Finish(to_grpc(too_many_jobs()));
  return reactor;
}

grpc::ServerUnaryReactor* ManagementService::ListRevisions(grpc::CallbackServerContext* context,
                                                           const v1::ListRevisionsRequest* request,
                                                           v1::ListRevisionsResponse* response) {
  return read_past(context, response, [this, request] { return applier_.revisions(*request); });
}

grpc::ServerUnaryReactor* ManagementService::ListAudit(grpc::CallbackServerContext* context,
                                                       const v1::ListAuditRequest* request,
                                                       v1::ListAuditResponse* response) {
  return read_past(context, response, [this, request] { return applier_.audit(*request); });
}

grpc::ServerUnaryReactor* ManagementService::Diff(grpc::CallbackServerContext* context,
                                                  const v1::DiffRequest* request,
                                                  v1::DiffResponse* response) {
  return read_past(context, response, [this, request] { return applier_.diff(*request); });
}

grpc::ServerUnaryReactor* ManagementService::Get(grpc::CallbackServerContext* context,
                                                 const v1::GetRequest* request,
                                                 v1::GetResponse* response) {
  const absl::StatusOr<EntryKey> key = resolve_key(request->key());
  if (!key.ok()) return finish(context, key.status());
  const Snapshot head = publisher_.head();
  const EntryPtr entry = head.find(*key);
  if (entry == nullptr) {
    return finish(context, absl::NotFoundError(str_cat("not found: ", to_string(*key))));
  }
  absl::StatusOr<v1::Resource> resource = resource_of(*entry);
  if (!resource.ok()) return finish(context, resource.status());
  *response->mutable_state() = to_proto(head.id());
  *response->mutable_resource() = *std::move(resource);
  return finish(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* ManagementService::List(grpc::CallbackServerContext* context,
                                                  const v1::ListRequest* request,
                                                  v1::ListResponse* response) {
  const KindInfo* info = find_kind(request->kind());
  if (info == nullptr) {
    return finish(context, absl::InvalidArgumentError(str_cat("unknown kind ", request->kind())));
  }
  const Snapshot head = publisher_.head();
  std::vector<EntryPtr> entries;
  head.for_each(info->kind, [&](const EntryPtr& entry) {
    if (request->namespace_().empty() || entry->key.ns == request->namespace_()) {
      entries.push_back(entry);
    }
  });
  std::sort(entries.begin(), entries.end(),
            [](const EntryPtr& a, const EntryPtr& b) { return a->key < b->key; });
  *response->mutable_state() = to_proto(head.id());
  for (const EntryPtr& entry : entries) {
    absl::StatusOr<v1::Resource> resource = resource_of(*entry);
    if (!resource.ok()) return finish(context, resource.status());
    *response->add_resources() = *std::move(resource);
  }
  return finish(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* ManagementService::ListNodes(grpc::CallbackServerContext* context,
                                                       const v1::ListNodesRequest*,
                                                       v1::ListNodesResponse* response) {
  *response->mutable_head() = to_proto(publisher_.head().id());
  for (v1::NodeStatus& node : registry_.list(unix_ms_now())) {
    *response->add_nodes() = std::move(node);
  }
  return finish(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* ManagementService::AdoptNodes(grpc::CallbackServerContext* context,
                                                        const v1::AdoptNodesRequest* request,
                                                        v1::AdoptNodesResponse* response) {
  if (request->all() == !request->node_ids().empty()) {
    return finish(context, absl::InvalidArgumentError("give either node_ids or all"));
  }
  const absl::StatusOr<std::vector<std::string>> adopted = registry_.adopt(*request);
  if (!adopted.ok()) return finish(context, adopted.status());
  *response->mutable_head() = to_proto(publisher_.head().id());
  response->mutable_adopted()->Assign(adopted->begin(), adopted->end());
  return finish(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* ManagementService::GetVersion(grpc::CallbackServerContext* context,
                                                        const v1::GetVersionRequest*,
                                                        v1::GetVersionResponse* response) {
  response->set_version(version_);
  *response->mutable_head() = to_proto(publisher_.head().id());
  return finish(context, absl::OkStatus());
}

grpc::ServerWriteReactor<v1::WaitActiveResponse>* ManagementService::WaitActive(
    grpc::CallbackServerContext*, const v1::WaitActiveRequest* request) {
  const StateId head = publisher_.head().id();
  const uint64_t revision = request->revision() == 0 ? head.revision : request->revision();
  if (revision > head.revision) {
    return new RefusedWait(absl::OutOfRangeError(
        str_cat("revision ", revision, " does not exist yet; the newest is ", head.revision)));
  }
  auto wait = std::make_shared<Wait>(*this, head, revision);
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return new RefusedWait(stopping());
    if (waits_.size() >= kMaxWaits) {
      return new RefusedWait(absl::ResourceExhaustedError("too many callers are waiting"));
    }
    waits_.emplace(wait.get(), wait);
  }
  wait->start();
  return wait.get();
}

grpc::ServerWriteReactor<v1::WatchResponse>* ManagementService::Watch(
    grpc::CallbackServerContext*, const v1::WatchRequest* request) {
  return watches_.start(*request);
}

void ManagementService::stop() {
  watches_.stop();
  std::vector<std::shared_ptr<Wait>> waits;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    for (const auto& [wait, weak] : waits_) {
      if (std::shared_ptr<Wait> alive = weak.lock()) waits.push_back(std::move(alive));
    }
  }
  for (const std::shared_ptr<Wait>& wait : waits) wait->end(to_grpc(stopping()));
}

void ManagementService::remove(Wait* wait) {
  const std::lock_guard lock(mutex_);
  waits_.erase(wait);
}

}  // namespace limpet

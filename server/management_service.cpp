#include "server/management_service.h"

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

#include "core/base/text.h"
#include "core/resource/secret.h"
#include "core/snapshot/wire.h"
#include "server/context.h"
#include "server/drain.h"
#include "server/evict.h"
#include "server/grpc_status.h"
#include "server/history.h"
#include "server/keys.h"
#include "server/list_endpoints.h"
#include "server/listing.h"
#include "server/secrets.h"

namespace limpet {
namespace {

absl::Status too_many_jobs() {
  return absl::ResourceExhaustedError(
      str_cat(SerialWorker::kMaxJobs, " requests are waiting; try again later"));
}

template <typename Response>
void tell_results(const std::vector<v1::ObjectResult>& results, Response& response) {
  response.mutable_results()->Assign(results.begin(), results.end());
}

}  // namespace

template <typename Change, typename Response>
grpc::ServerUnaryReactor* ManagementService::change(grpc::CallbackServerContext* context,
                                                    const Origin& origin, Response* response,
                                                    Change change) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  // The request and the response live until Finish().
  const bool accepted = worker_.post([reactor, response, origin, change] {
    Applier::Outcome outcome = change(origin);
    if (outcome.status.ok()) {
      *response->mutable_state() = to_proto(outcome.state);
      tell_results(outcome.results, *response);
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
  const auto origin = access_.admit(*context, "Apply", needs_of(*request));
  if (!origin.ok()) return finish(context, origin.status());
  return change(context, *origin, response, [this, request](const Origin& from) {
    return applier_.apply(*request, from, make_change_context());
  });
}

grpc::ServerUnaryReactor* ManagementService::Delete(grpc::CallbackServerContext* context,
                                                    const v1::DeleteRequest* request,
                                                    v1::DeleteResponse* response) {
  const auto origin = access_.admit(*context, "Delete", needs_of(*request));
  if (!origin.ok()) return finish(context, origin.status());
  return change(context, *origin, response, [this, request](const Origin& from) {
    return applier_.remove(*request, from, make_change_context());
  });
}

grpc::ServerUnaryReactor* ManagementService::Rollback(grpc::CallbackServerContext* context,
                                                      const v1::RollbackRequest* request,
                                                      v1::ApplyResponse* response) {
  const auto origin = access_.admit(*context, "Rollback", needs_of(*request));
  if (!origin.ok()) return finish(context, origin.status());
  return change(context, *origin, response, [this, request](const Origin& from) {
    return applier_.rollback(*request, from, make_change_context());
  });
}

template <typename Make, typename Response>
grpc::ServerUnaryReactor* ManagementService::answer_later(grpc::CallbackServerContext* context,
                                                          Response* response, Make make) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const bool accepted = worker_.post([reactor, response, make] {
    absl::StatusOr<Response> answer = make();
    if (answer.ok()) *response = *std::move(answer);
    reactor->Finish(to_grpc(answer.status()));
  });
  if (!accepted) reactor->Finish(to_grpc(too_many_jobs()));
  return reactor;
}

grpc::ServerUnaryReactor* ManagementService::ListRevisions(grpc::CallbackServerContext* context,
                                                           const v1::ListRevisionsRequest* request,
                                                           v1::ListRevisionsResponse* response) {
  const auto origin = access_.admit(*context, "ListRevisions", needs_of(*request));
  if (!origin.ok()) return finish(context, origin.status());
  return answer_later(context, response, [this, request] { return applier_.revisions(*request); });
}

grpc::ServerUnaryReactor* ManagementService::ListAudit(grpc::CallbackServerContext* context,
                                                       const v1::ListAuditRequest* request,
                                                       v1::ListAuditResponse* response) {
  const auto origin = access_.admit(*context, "ListAudit", kAdminister);
  if (!origin.ok()) return finish(context, origin.status());
  return answer_later(context, response, [this, request] { return applier_.audit(*request); });
}

grpc::ServerUnaryReactor* ManagementService::Diff(grpc::CallbackServerContext* context,
                                                  const v1::DiffRequest* request,
                                                  v1::DiffResponse* response) {
  const auto origin = access_.admit(*context, "Diff", kViewEverything);
  if (!origin.ok()) return finish(context, origin.status());
  return answer_later(context, response, [this, request] { return applier_.diff(*request); });
}

grpc::ServerUnaryReactor* ManagementService::Get(grpc::CallbackServerContext* context,
                                                 const v1::GetRequest* request,
                                                 v1::GetResponse* response) {
  const auto origin = access_.admit(*context, "Get", needs_of(*request));
  if (!origin.ok()) return finish(context, origin.status());
  const absl::StatusOr<EntryKey> key = resolve_key(request->key());
  if (!key.ok()) return finish(context, key.status());
  const auto [head, table] = publisher_.compiled_head();
  const EntryPtr entry = head.find(*key);
  if (entry == nullptr) {
    return finish(context, absl::NotFoundError(str_cat("not found: ", to_string(*key))));
  }
  absl::StatusOr<v1::Resource> resource = resource_of(*entry);
  if (!resource.ok()) return finish(context, resource.status());
  const NodeFacts nodes = node_facts(head.id().epoch);
  tell_status(table.get(), status_sources(head), nodes, *entry, *resource);
  tell_more(*entry, *resource);
  *response->mutable_state() = to_proto(head.id());
  *response->mutable_resource() = *std::move(resource);
  return finish(context, absl::OkStatus());
}

NodeFacts ManagementService::node_facts(Epoch epoch) {
  const auto part_of = [&](const GatewayNames& gateways) -> std::optional<Snapshot> {
    if (gateways.empty()) return parts_.all().head();
    const auto part = parts_.of(gateways);
    if (!part.ok() || *part == nullptr) return std::nullopt;
    return (*part)->head();
  };
  return NodeFacts(registry_.list(unix_ms_now()), epoch, part_of);
}

StatusSources ManagementService::status_sources(const Snapshot& state) const {
  const auto find = [state, keys = applier_.secret_keys()](const EntryKey& key) {
    if (key.kind != kSecretKind) return secrets_in(state)(key);
    const EntryPtr entry = state.find(key);
    return entry == nullptr ? std::nullopt : std::optional(opened_secret(keys.get(), *entry));
  };
  return {find, unix_ms_now() / 1000};
}

void ManagementService::tell_more(const Entry& entry, v1::Resource& resource) {
  if (resource.has_service()) dns_.tell(*resource.mutable_service());
  if (resource.has_secret()) {
    tell_readable(applier_.secret_keys().get(), entry, *resource.mutable_secret());
  }
}

void ManagementService::tell_statuses(v1::ListResponse& page) {
  const auto [head, table] = publisher_.compiled_head();
  const NodeFacts nodes = node_facts(head.id().epoch);
  const StatusSources sources = status_sources(head);
  for (v1::Resource& resource : *page.mutable_resources()) {
    const EntryPtr entry = head.find(key_of(resource));
    const std::string& revision = metadata_of(*object_of(resource)).resource_version();
    const bool same = entry != nullptr && str_cat(entry->revision) == revision;
    if (!same) continue;
    tell_status(table.get(), sources, nodes, *entry, resource);
    tell_more(*entry, resource);
  }
}

grpc::ServerUnaryReactor* ManagementService::List(grpc::CallbackServerContext* context,
                                                  const v1::ListRequest* request,
                                                  v1::ListResponse* response) {
  const auto origin = access_.admit(*context, "List", needs_of(*request));
  if (!origin.ok()) return finish(context, origin.status());
  const absl::StatusOr<Listing> listing = Listing::parse(*request);
  if (!listing.ok()) return finish(context, listing.status());
  std::optional<Snapshot> state = publisher_.head();
  if (listing->start) {
    if (listing->start->epoch != state->id().epoch) {
      return finish(context, absl::OutOfRangeError("the database was replaced; list anew"));
    }
    state = publisher_.at(listing->start->revision);
  }
  if (!state) {
    return answer_later(context, response, [this, listing = *listing] {
      const absl::StatusOr<Snapshot> past = applier_.state_at(listing.start->revision);
      absl::StatusOr<v1::ListResponse> page =
          past.ok() ? list_page(*past, listing) : past.status();
      if (page.ok()) tell_statuses(*page);
      return page;
    });
  }
  absl::StatusOr<v1::ListResponse> page = list_page(*state, *listing);
  if (!page.ok()) return finish(context, page.status());
  *response = *std::move(page);
  tell_statuses(*response);
  return finish(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* ManagementService::AdoptNodes(grpc::CallbackServerContext* context,
                                                        const v1::AdoptNodesRequest* request,
                                                        v1::AdoptNodesResponse* response) {
  const auto origin = access_.admit(*context, "AdoptNodes", kAdminister);
  if (!origin.ok()) return finish(context, origin.status());
  if (request->all() == !request->node_ids().empty()) {
    return finish(context, absl::InvalidArgumentError("give either node_ids or all"));
  }
  using Answer = absl::StatusOr<v1::AdoptNodesResponse>;
  return answer_later(
      context, response, [this, request, origin = *origin]() -> Answer {
        const std::string who = request->all() ? "all" : join(request->node_ids(), ", ");
        if (absl::Status noted = note(origin, "adopt", who); !noted.ok()) return noted;
        const absl::StatusOr<std::vector<std::string>> adopted = registry_.adopt(*request);
        if (!adopted.ok()) return adopted.status();
        v1::AdoptNodesResponse answer;
        *answer.mutable_head() = to_proto(publisher_.head().id());
        answer.mutable_adopted()->Assign(adopted->begin(), adopted->end());
        return answer;
      });
}

grpc::ServerUnaryReactor* ManagementService::CreateToken(grpc::CallbackServerContext* context,
                                                         const v1::CreateTokenRequest* request,
                                                         v1::CreateTokenResponse* response) {
  const auto origin = access_.admit(*context, "CreateToken", kAdminister);
  if (!origin.ok()) return finish(context, origin.status());
  using Answer = absl::StatusOr<v1::CreateTokenResponse>;
  return answer_later(
      context, response, [this, request, origin = *origin]() -> Answer {
        // Written down first: what fails after that has changed nothing.
        const std::string grants = join(request->grants(), ",");
        absl::Status noted = note(origin, "create-token", str_cat(request->name(), ": ", grants));
        if (!noted.ok()) return noted;
        const ChangeContext change = make_change_context();
        std::array<unsigned char, kTokenSecretBytes> secret;
        change.random(secret);
        return tokens_.create(*request, secret, change.now_unix_ms);
      });
}

grpc::ServerUnaryReactor* ManagementService::ListTokens(grpc::CallbackServerContext* context,
                                                        const v1::ListTokensRequest*,
                                                        v1::ListTokensResponse* response) {
  const auto origin = access_.admit(*context, "ListTokens", kAdminister);
  if (origin.ok()) *response = tokens_.list();
  return finish(context, origin.status());
}

grpc::ServerUnaryReactor* ManagementService::RevokeToken(grpc::CallbackServerContext* context,
                                                         const v1::RevokeTokenRequest* request,
                                                         v1::RevokeTokenResponse* response) {
  const auto origin = access_.admit(*context, "RevokeToken", kAdminister);
  if (!origin.ok()) return finish(context, origin.status());
  using Answer = absl::StatusOr<v1::RevokeTokenResponse>;
  return answer_later(context, response, [this, request, origin = *origin]() -> Answer {
    absl::Status done = note(origin, "revoke-token", request->name());
    if (done.ok()) done = tokens_.revoke(request->name());
    if (!done.ok()) return done;
    return v1::RevokeTokenResponse();
  });
}

grpc::ServerUnaryReactor* ManagementService::EvictSessions(grpc::CallbackServerContext* context,
                                                           const v1::EvictSessionsRequest* request,
                                                           v1::EvictSessionsResponse* response) {
  const auto origin = access_.admit(*context, "EvictSessions", needs_of(*request));
  if (!origin.ok()) return finish(context, origin.status());
  return change(context, *origin, response, [this, request](const Origin& from) {
    return applier_.evict(*request, from, make_change_context());
  });
}

grpc::ServerUnaryReactor* ManagementService::ExplainSession(
    grpc::CallbackServerContext* context, const v1::ExplainSessionRequest* request,
    v1::ExplainSessionResponse* response) {
  // Which namespaces a token is of shows once it is open: the caller may see all of them.
  const auto origin = access_.admit(*context, "ExplainSession", kViewEverything);
  if (!origin.ok()) return finish(context, origin.status());
  return answer_later(context, response,
                      [this, request] { return sessions_.explain(*request, unix_ms_now()); });
}

grpc::ServerUnaryReactor* ManagementService::Drain(grpc::CallbackServerContext* context,
                                                   const v1::DrainRequest* request,
                                                   v1::DrainResponse* response) {
  const auto origin = access_.admit(*context, "Drain", needs_of(*request));
  if (!origin.ok()) return finish(context, origin.status());
  return change(context, *origin, response, [this, request](const Origin& from) {
    return applier_.drain(*request, from, make_change_context());
  });
}

grpc::ServerUnaryReactor* ManagementService::GetDrain(grpc::CallbackServerContext* context,
                                                      const v1::GetDrainRequest* request,
                                                      v1::GetDrainResponse* response) {
  const auto origin = access_.admit(*context, "GetDrain", needs_of(*request));
  if (!origin.ok()) return finish(context, origin.status());
  return answer_later(context, response,
                      [this, request] { return drains_.get(*request, unix_ms_now()); });
}

grpc::ServerUnaryReactor* ManagementService::ListKeys(grpc::CallbackServerContext* context,
                                                      const v1::ListKeysRequest*,
                                                      v1::ListKeysResponse* response) {
  const auto origin = access_.admit(*context, "ListKeys", kViewEverything);
  if (!origin.ok()) return finish(context, origin.status());
  const auto [head, table] = publisher_.compiled_head();
  KeyFacts facts;
  facts.nodes = registry_.places();
  facts.rotate_after_ms = key_rotation_ms_;
  *response = list_keys(head, table.get(), facts, unix_ms_now());
  return finish(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* ManagementService::RotateKeys(grpc::CallbackServerContext* context,
                                                        const v1::RotateKeysRequest* request,
                                                        v1::RotateKeysResponse* response) {
  const auto origin = access_.admit(*context, "RotateKeys", kAdminister);
  if (!origin.ok()) return finish(context, origin.status());
  return change(context, *origin, response, [this, request](const Origin& from) {
    return applier_.rotate_keys(*request, from, make_change_context());
  });
}

grpc::ServerUnaryReactor* ManagementService::ListEndpoints(grpc::CallbackServerContext* context,
                                                           const v1::ListEndpointsRequest* request,
                                                           v1::ListEndpointsResponse* response) {
  const auto origin = access_.admit(*context, "ListEndpoints", needs_of(*request));
  if (!origin.ok()) return finish(context, origin.status());
  return answer_later(context, response, [this, request] {
    return list_endpoints(*request, applier_, publisher_, registry_);
  });
}

grpc::ServerWriteReactor<v1::WatchResponse>* ManagementService::Watch(
    grpc::CallbackServerContext* context, const v1::WatchRequest* request) {
  const auto origin = access_.admit(*context, "Watch", needs_of(*request));
  if (!origin.ok()) return watches_.refuse(origin.status());
  return watches_.start(*request);
}

grpc::ServerWriteReactor<v1::SaveSnapshotResponse>* ManagementService::SaveSnapshot(
    grpc::CallbackServerContext* context, const v1::SaveSnapshotRequest*) {
  const auto origin = access_.admit(*context, "SaveSnapshot", kAdminister);
  if (!origin.ok()) return SnapshotService::refuse_save(origin.status());
  const bool noted = worker_.post([this, origin = *origin] {
    const absl::Status written = note(origin, "save-snapshot", "");
    if (!written.ok()) spdlog::warn("the audit misses a saved snapshot: {}", written.ToString());
  });
  if (!noted) return SnapshotService::refuse_save(too_many_jobs());
  return snapshots_.save();
}

grpc::ServerReadReactor<v1::RestoreSnapshotRequest>* ManagementService::RestoreSnapshot(
    grpc::CallbackServerContext* context, v1::RestoreSnapshotResponse* response) {
  const auto origin = access_.admit(*context, "RestoreSnapshot", kAdminister);
  if (!origin.ok()) return SnapshotService::refuse_restore(origin.status());
  return snapshots_.restore(*origin, response);
}

absl::Status ManagementService::note(const Origin& origin, const char* action,
                                     const std::string& message) {
  return applier_.note({unix_ms_now(), origin.actor, origin.peer, action, message});
}

void ManagementService::stop() {
  const absl::Status stopping = absl::UnavailableError("the server is stopping");
  watches_.stop(stopping);
  snapshots_.stop(stopping);
  progress_.stop(stopping);
}

}  // namespace limpet

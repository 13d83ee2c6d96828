// A management server in memory.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "cli/connection.h"
#include "cli/management.h"
#include "core/resource/kind.h"
#include "core/resource/object.h"

namespace limpet::cli::test {

using Objects = std::map<EntryKey, v1::Resource>;

// What it was asked and what it answers. An error set is the answer to every call.
struct FakeState {
  Objects objects;
  uint64_t revision = 0;
  std::map<uint64_t, Objects> states{{0, {}}};  // at each revision that is kept
  std::vector<v1::Revision> revisions;          // the newest first
  v1::ChangeOptions options;                    // of the last change
  absl::Status error;
  v1::ListNodesResponse nodes;
  v1::ListTokensResponse tokens;
  v1::CreateTokenRequest token_request;  // the last
  std::string revoked;
  v1::ListAuditResponse audit;
  std::deque<v1::WaitActiveResponse> progress;
  absl::Status wait_status;
  Connection connection;
  uint64_t waited_for = 0;
  uint32_t wait_percent = 0;
  std::deque<v1::WatchNodesResponse> node_news;
  v1::ListRequest list_request;  // the last
  absl::Duration wait_timeout;
  v1::WatchRequest watch_request;
  std::deque<v1::WatchResponse> events;
  absl::Status watch_status;
  std::deque<v1::SaveSnapshotResponse> saved;
  std::string uploaded;
  std::string uploaded_hash;
  v1::RestoreSnapshotResponse restored;
  v1::EvictSessionsRequest evict_request;      // the last
  v1::ExplainSessionRequest explain_request;   // the last
  v1::ExplainSessionResponse explained;
  v1::DrainRequest drain_request;  // the last
  v1::DrainResponse drained;
  std::map<std::string, std::deque<v1::GetDrainResponse>> drains;  // the last one stays
  v1::ListEndpointsRequest endpoints_request;                       // the last
  v1::ListEndpointsResponse endpoints;
  std::deque<v1::ListKeysResponse> keys;                            // the last one stays
  v1::RotateKeysRequest rotate_request;  // the last
  v1::RotateKeysResponse rotated;
};

class FakeManagement : public Management {
 public:
  explicit FakeManagement(FakeState& state) : state_(state) {}

  absl::StatusOr<v1::ApplyResponse> apply(const v1::ApplyRequest& request) override {
    if (absl::Status status = admit(request.options()); !status.ok()) return status;
    Objects after = state_.objects;
    for (const v1::Resource& resource : request.resources()) after[key_of(resource)] = resource;
    const auto& prune = request.prune_labels();
    std::erase_if(after, [&](const auto& item) {
      const auto& labels = metadata_of(*object_of(item.second)).labels();
      return !prune.empty() && !names(request, item.first) &&
             std::all_of(prune.begin(), prune.end(), [&](const auto& label) {
               const auto found = labels.find(label.first);
               return found != labels.end() && found->second == label.second;
             });
    });
    v1::ApplyResponse response;
    for (const v1::Resource& resource : request.resources()) {
      add_result(response, key_of(resource), after);
    }
    for (const auto& [key, resource] : state_.objects) {
      if (!after.contains(key)) add_result(response, key, after);
    }
    commit("apply", request.options(), std::move(after), response);
    return response;
  }

  absl::StatusOr<v1::ApplyResponse> rollback(const v1::RollbackRequest& request) override {
    if (absl::Status status = admit(request.options()); !status.ok()) return status;
    const auto found = state_.states.find(request.to());
    if (found == state_.states.end()) return absl::OutOfRangeError("not kept");
    v1::ApplyResponse response;
    for (const EntryKey& key : changed(state_.objects, found->second)) {
      add_result(response, key, found->second);
    }
    commit("rollback", request.options(), Objects(found->second), response);
    return response;
  }

  absl::StatusOr<v1::DiffResponse> diff(const v1::DiffRequest& request) override {
    if (!state_.error.ok()) return state_.error;
    const uint64_t to = request.to() == 0 ? state_.revision : request.to();
    const auto before = state_.states.find(request.from());
    const auto after = state_.states.find(to);
    if (before == state_.states.end() || after == state_.states.end()) {
      return absl::OutOfRangeError("not kept");
    }
    v1::DiffResponse response;
    response.set_from(request.from());
    response.set_to(to);
    for (const EntryKey& key : changed(before->second, after->second)) {
      v1::DiffResponse::Change& change = *response.add_changes();
      fill(*change.mutable_key(), key);
      if (before->second.contains(key)) *change.mutable_before() = before->second.at(key);
      if (after->second.contains(key)) *change.mutable_after() = after->second.at(key);
    }
    return response;
  }

  absl::StatusOr<v1::ListRevisionsResponse> list_revisions(
      const v1::ListRevisionsRequest& request) override {
    if (!state_.error.ok()) return state_.error;
    v1::ListRevisionsResponse response;
    for (const v1::Revision& revision : state_.revisions) {
      if (request.before() != 0 && revision.revision() >= request.before()) continue;
      if (request.has_object() && !changes(revision, request.object())) continue;
      if (static_cast<uint32_t>(response.revisions_size()) == request.limit()) break;
      *response.add_revisions() = revision;
    }
    return response;
  }

  absl::StatusOr<v1::ListAuditResponse> list_audit(const v1::ListAuditRequest&) override {
    if (!state_.error.ok()) return state_.error;
    return state_.audit;
  }

  absl::StatusOr<v1::GetResponse> get(const v1::GetRequest& request) override {
    if (!state_.error.ok()) return state_.error;
    const v1::EntryKey& key = request.key();
    const auto found = state_.objects.find({key.kind(), key.namespace_(), key.name()});
    if (found == state_.objects.end()) return absl::NotFoundError("not found");
    v1::GetResponse response;
    response.mutable_state()->set_revision(state_.revision);
    *response.mutable_resource() = found->second;
    return response;
  }

  absl::StatusOr<v1::ListResponse> list(const v1::ListRequest& request) override {
    if (!state_.error.ok()) return state_.error;
    state_.list_request = request;
    v1::ListResponse response;
    // Pages of one, so that every list takes several. The token is the last name.
    for (const auto& [key, resource] : state_.objects) {
      const bool wanted = request.namespace_().empty() || request.namespace_() == key.ns;
      const std::string name = key.ns + "/" + key.name;
      if (key.kind != request.kind() || !wanted || name <= request.page_token()) continue;
      if (!response.resources().empty()) {
        const EntryKey last = key_of(response.resources(0));
        response.set_next_page_token(last.ns + "/" + last.name);
        break;
      }
      *response.add_resources() = resource;
    }
    return response;
  }

  absl::StatusOr<v1::DeleteResponse> remove(const v1::DeleteRequest& request) override {
    if (absl::Status status = admit(request.options()); !status.ok()) return status;
    v1::DeleteResponse response;
    Objects after = state_.objects;
    for (const v1::EntryKey& key : request.keys()) {
      const bool there = after.erase({key.kind(), key.namespace_(), key.name()}) > 0;
      if (!there && !request.ignore_not_found()) return absl::NotFoundError("not found: it");
      v1::ObjectResult& result = *response.add_results();
      *result.mutable_key() = key;
      result.set_outcome(there ? v1::ObjectResult::DELETED : v1::ObjectResult::NOT_FOUND);
    }
    commit("delete", request.options(), std::move(after), response);
    return response;
  }

  absl::StatusOr<v1::ListNodesResponse> list_nodes() override {
    if (!state_.error.ok()) return state_.error;
    return state_.nodes;
  }

  absl::StatusOr<v1::AdoptNodesResponse> adopt_nodes(
      const v1::AdoptNodesRequest& request) override {
    if (!state_.error.ok()) return state_.error;
    v1::AdoptNodesResponse response;
    for (v1::NodeStatus& node : *state_.nodes.mutable_nodes()) {
      const auto& ids = request.node_ids();
      const bool named = std::find(ids.begin(), ids.end(), node.node_id()) != ids.end();
      if (!node.held() || !(request.all() || named)) continue;
      node.set_held(false);
      response.add_adopted(node.node_id());
    }
    return response;
  }

  absl::StatusOr<v1::GetVersionResponse> version() override {
    if (!state_.error.ok()) return state_.error;
    v1::GetVersionResponse response;
    response.set_version("9.9");
    return response;
  }

  absl::Status save_snapshot(const SavedPart& part) override {
    for (const v1::SaveSnapshotResponse& response : state_.saved) {
      if (absl::Status handled = part(response); !handled.ok()) return handled;
    }
    return state_.error;
  }

  absl::StatusOr<v1::RestoreSnapshotResponse> restore_snapshot(const NextPart& next) override {
    absl::StatusOr<bool> more = true;
    while (more.ok() && *more) {
      v1::RestoreSnapshotRequest part;
      more = next(part);
      if (part.has_options()) state_.options = part.options();
      state_.uploaded += part.data();
      state_.uploaded_hash = part.sha256();
    }
    if (!more.ok()) return more.status();
    if (!state_.error.ok()) return state_.error;
    return state_.restored;
  }

  absl::Status wait_active(const v1::WaitActiveRequest& request, absl::Duration timeout,
                           const Progress& progress) override {
    state_.waited_for = request.revision();
    state_.wait_percent = request.percent();
    state_.wait_timeout = timeout;
    for (const v1::WaitActiveResponse& response : state_.progress) {
      if (!progress(response)) return absl::OkStatus();
    }
    return state_.wait_status;
  }

  absl::StatusOr<v1::CreateTokenResponse> create_token(
      const v1::CreateTokenRequest& request) override {
    if (!state_.error.ok()) return state_.error;
    state_.token_request = request;
    v1::CreateTokenResponse response;
    response.set_token("lmp_" + request.name() + "_secret");
    v1::TokenInfo& info = *state_.tokens.add_tokens();
    info.set_name(request.name());
    *info.mutable_grants() = request.grants();
    info.set_created_unix_ms(1'699'999'995'000);
    if (request.expires_in_s() > 0) {
      info.set_expires_unix_ms(1'700'000'000'000 + int64_t{request.expires_in_s()} * 1000);
    }
    return response;
  }
  absl::StatusOr<v1::ListTokensResponse> list_tokens() override {
    if (!state_.error.ok()) return state_.error;
    return state_.tokens;
  }
  absl::StatusOr<v1::RevokeTokenResponse> revoke_token(
      const v1::RevokeTokenRequest& request) override {
    if (!state_.error.ok()) return state_.error;
    state_.revoked = request.name();
    return v1::RevokeTokenResponse();
  }

  absl::StatusOr<v1::EvictSessionsResponse> evict_sessions(
      const v1::EvictSessionsRequest& request) override {
    if (absl::Status status = admit(request.options()); !status.ok()) return status;
    state_.evict_request = request;
    v1::EvictSessionsResponse response;
    if (!request.options().validate_only()) ++state_.revision;
    response.mutable_state()->set_revision(state_.revision);
    if (!request.endpoint().empty()) response.set_endpoint("<" + request.endpoint() + ">");
    return response;
  }
  absl::StatusOr<v1::ExplainSessionResponse> explain_session(
      const v1::ExplainSessionRequest& request) override {
    if (!state_.error.ok()) return state_.error;
    state_.explain_request = request;
    return state_.explained;
  }
  absl::StatusOr<v1::DrainResponse> drain(const v1::DrainRequest& request) override {
    if (!state_.error.ok()) return state_.error;
    state_.drain_request = request;
    return state_.drained;
  }
  absl::StatusOr<v1::GetDrainResponse> get_drain(const v1::GetDrainRequest& request) override {
    if (!state_.error.ok()) return state_.error;
    auto& answers = state_.drains[request.endpoint()];
    if (answers.empty()) return absl::NotFoundError("no endpoint " + request.endpoint());
    v1::GetDrainResponse answer = answers.front();
    if (answers.size() > 1) answers.pop_front();
    return answer;
  }
  absl::StatusOr<v1::ListEndpointsResponse> list_endpoints(
      const v1::ListEndpointsRequest& request) override {
    if (!state_.error.ok()) return state_.error;
    state_.endpoints_request = request;
    return state_.endpoints;
  }

  absl::StatusOr<v1::ListKeysResponse> list_keys() override {
    if (!state_.error.ok()) return state_.error;
    if (state_.keys.empty()) return v1::ListKeysResponse();
    v1::ListKeysResponse answer = state_.keys.front();
    if (state_.keys.size() > 1) state_.keys.pop_front();
    return answer;
  }
  absl::StatusOr<v1::RotateKeysResponse> rotate_keys(
      const v1::RotateKeysRequest& request) override {
    if (absl::Status status = admit(request.options()); !status.ok()) return status;
    state_.rotate_request = request;
    return state_.rotated;
  }

  absl::Status watch_nodes(const NodeNews& news) override {
    if (!state_.error.ok()) return state_.error;
    for (const v1::WatchNodesResponse& response : state_.node_news) {
      if (!news(response)) return absl::OkStatus();
    }
    return absl::OkStatus();
  }

  absl::Status watch(const v1::WatchRequest& request, absl::Duration timeout,
                     const Events& events) override {
    if (!state_.error.ok()) return state_.error;
    state_.watch_request = request;
    state_.wait_timeout = timeout;
    for (const v1::WatchResponse& response : state_.events) {
      if (!events(response)) return absl::OkStatus();
    }
    return state_.watch_status;
  }

 private:
  absl::Status admit(const v1::ChangeOptions& options) {
    if (!state_.error.ok()) return state_.error;
    state_.options = options;
    const uint64_t expected = options.expected_revision();
    if (expected == 0 || expected == state_.revision) return absl::OkStatus();
    return absl::AbortedError("the state has moved on");
  }

  // Makes `after` the state, unless it is only to be told what would happen.
  template <typename Response>
  void commit(const char* action, const v1::ChangeOptions& options, Objects after,
              Response& response) {
    if (!options.validate_only()) {
      state_.objects = std::move(after);
      state_.states[++state_.revision] = state_.objects;
      v1::Revision revision;
      revision.set_revision(state_.revision);
      revision.set_unix_ms(1'699'999'995'000);
      revision.set_actor("alice");
      revision.set_peer("ipv4:127.0.0.1:4711");
      revision.set_action(action);
      revision.set_message(options.message());
      *revision.mutable_changes() = response.results();
      state_.revisions.insert(state_.revisions.begin(), std::move(revision));
    }
    response.mutable_state()->set_revision(state_.revision);
  }

  // What becomes of the object when `after` is the state.
  void add_result(v1::ApplyResponse& response, const EntryKey& key, const Objects& after) {
    const auto found = state_.objects.find(key);
    v1::ObjectResult& result = *response.add_results();
    fill(*result.mutable_key(), key);
    result.set_outcome(!after.contains(key)            ? v1::ObjectResult::DELETED
                       : found == state_.objects.end() ? v1::ObjectResult::CREATED
                       : serialize(found->second) == serialize(after.at(key))
                           ? v1::ObjectResult::UNCHANGED
                           : v1::ObjectResult::CONFIGURED);
  }

  static bool names(const v1::ApplyRequest& request, const EntryKey& key) {
    return std::any_of(request.resources().begin(), request.resources().end(),
                       [&key](const v1::Resource& resource) { return key_of(resource) == key; });
  }

  static bool changes(const v1::Revision& revision, const v1::EntryKey& key) {
    return std::any_of(revision.changes().begin(), revision.changes().end(),
                       [&key](const v1::ObjectResult& change) {
                         return serialize(change.key()) == serialize(key);
                       });
  }

  static std::set<EntryKey> changed(const Objects& before, const Objects& after) {
    std::set<EntryKey> keys;
    for (const auto* one : {&before, &after}) {
      const Objects& other = one == &before ? after : before;
      for (const auto& [key, resource] : *one) {
        const auto found = other.find(key);
        const bool same = found != other.end() && serialize(found->second) == serialize(resource);
        if (!same) keys.insert(key);
      }
    }
    return keys;
  }

  static void fill(v1::EntryKey& to, const EntryKey& key) {
    to.set_kind(key.kind);
    to.set_namespace_(key.ns);
    to.set_name(key.name);
  }

  FakeState& state_;
};

}  // namespace limpet::cli::test

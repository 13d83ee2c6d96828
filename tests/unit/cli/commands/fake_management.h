// A management server in memory, and gwctl run against it.
#pragma once

#include <deque>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "cli/commands/gwctl.h"
#include "cli/exit_code.h"
#include "core/resource/object.h"

namespace limpet::cli::test {

// What it was asked and what it answers. An error set is the answer to every call.
struct FakeState {
  std::map<EntryKey, v1::Resource> objects;
  uint64_t revision = 0;
  absl::Status error;
  v1::ListNodesResponse nodes;
  std::deque<v1::WaitActiveResponse> progress;
  absl::Status wait_status;
  std::string address;
  uint64_t waited_for = 0;
  absl::Duration wait_timeout;
};

class FakeManagement : public Management {
 public:
  explicit FakeManagement(FakeState& state) : state_(state) {}

  absl::StatusOr<v1::ApplyResponse> apply(const v1::ApplyRequest& request) override {
    if (!state_.error.ok()) return state_.error;
    v1::ApplyResponse response;
    response.mutable_state()->set_revision(++state_.revision);
    for (const v1::Resource& resource : request.resources()) {
      const EntryKey key = key_of(resource);
      const auto found = state_.objects.find(key);
      v1::ObjectResult& result = *response.add_results();
      fill(*result.mutable_key(), key);
      result.set_outcome(found == state_.objects.end() ? v1::ObjectResult::CREATED
                         : serialize(found->second) == serialize(resource)
                             ? v1::ObjectResult::UNCHANGED
                             : v1::ObjectResult::CONFIGURED);
      state_.objects[key] = resource;
    }
    return response;
  }

  absl::StatusOr<v1::GetResponse> get(const v1::GetRequest& request) override {
    if (!state_.error.ok()) return state_.error;
    const v1::EntryKey& key = request.key();
    const auto found = state_.objects.find({key.kind(), key.namespace_(), key.name()});
    if (found == state_.objects.end()) return absl::NotFoundError("not found");
    v1::GetResponse response;
    *response.mutable_resource() = found->second;
    return response;
  }

  absl::StatusOr<v1::ListResponse> list(const v1::ListRequest& request) override {
    if (!state_.error.ok()) return state_.error;
    v1::ListResponse response;
    for (const auto& [key, resource] : state_.objects) {
      const bool wanted = request.namespace_().empty() || request.namespace_() == key.ns;
      if (key.kind == request.kind() && wanted) *response.add_resources() = resource;
    }
    return response;
  }

  absl::StatusOr<v1::DeleteResponse> remove(const v1::DeleteRequest& request) override {
    if (!state_.error.ok()) return state_.error;
    v1::DeleteResponse response;
    for (const v1::EntryKey& key : request.keys()) {
      const bool there = state_.objects.contains({key.kind(), key.namespace_(), key.name()});
      if (!there && !request.ignore_not_found()) return absl::NotFoundError("not found: it");
      v1::ObjectResult& result = *response.add_results();
      *result.mutable_key() = key;
      result.set_outcome(there ? v1::ObjectResult::DELETED : v1::ObjectResult::NOT_FOUND);
    }
    for (const v1::EntryKey& key : request.keys()) {
      state_.objects.erase({key.kind(), key.namespace_(), key.name()});
    }
    response.mutable_state()->set_revision(++state_.revision);
    return response;
  }

  absl::StatusOr<v1::ListNodesResponse> list_nodes() override {
    if (!state_.error.ok()) return state_.error;
    return state_.nodes;
  }

  absl::StatusOr<v1::GetVersionResponse> version() override {
    if (!state_.error.ok()) return state_.error;
    v1::GetVersionResponse response;
    response.set_version("9.9");
    return response;
  }

  absl::Status wait_active(uint64_t revision, absl::Duration timeout,
                           const Progress& progress) override {
    state_.waited_for = revision;
    state_.wait_timeout = timeout;
    for (const v1::WaitActiveResponse& response : state_.progress) {
      if (!progress(response)) return absl::OkStatus();
    }
    return state_.wait_status;
  }

 private:
  static void fill(v1::EntryKey& to, const EntryKey& key) {
    to.set_kind(key.kind);
    to.set_namespace_(key.ns);
    to.set_name(key.name);
  }

  FakeState& state_;
};

struct Gwctl {
  FakeState state;
  std::string input;
  std::string out;
  std::string err;
  bool terminal = false;
  absl::Time now = absl::FromUnixSeconds(1'700'000'000);

  int operator()(std::vector<std::string> arguments) {
    std::istringstream in(input);
    std::ostringstream out_stream;
    std::ostringstream err_stream;
    const Environment environment{.in = in,
                                  .out = out_stream,
                                  .err = err_stream,
                                  .progress = terminal,
                                  .version = "1.2.3",
                                  .now = [this] { return now; },
                                  .connect =
                                      [this](const std::string& address) {
                                        state.address = address;
                                        return std::make_unique<FakeManagement>(state);
                                      }};
    std::vector<const char*> argv{"gwctl"};
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    const int code = run_gwctl(static_cast<int>(argv.size()), argv.data(), environment);
    out = out_stream.str();
    err = err_stream.str();
    return code;
  }
};

}  // namespace limpet::cli::test

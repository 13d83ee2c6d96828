// gwctl run against a management server in memory.
#pragma once

#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "cli/commands/gwctl.h"
#include "cli/exit_code.h"
#include "tests/unit/cli/commands/fake_management.h"

namespace limpet::cli::test {

inline constexpr char kTwoObjects[] =
    "apiVersion: v1\n"
    "kind: Namespace\n"
    "metadata: {name: server}\n"
    "---\n"
    "apiVersion: gateway.networking.k8s.io/v1\n"
    "kind: HTTPRoute\n"
    "metadata: {name: fortio-route, namespace: server}\n"
    "spec:\n"
    "  rules:\n"
    "  - backendRefs:\n"
    "    - name: pipy\n"
    "      port: 8080\n";

// What a server tells of one change.
inline v1::WatchResponse event(const EntryKey& key, v1::WatchResponse::Event::Type type,
                               uint64_t bookmark) {
  v1::WatchResponse response;
  v1::WatchResponse::Event& added = *response.add_events();
  added.set_type(type);
  const KindInfo& kind = *find_kind(key.kind);
  const auto* field = v1::Resource::descriptor()->FindFieldByNumber(kind.resource_field);
  google::protobuf::Message& object =
      *added.resource().GetReflection()->MutableMessage(added.mutable_resource(), field);
  v1::ObjectMeta& metadata = mutable_metadata_of(object);
  metadata.set_namespace_(key.ns);
  metadata.set_name(key.name);
  response.set_bookmark(bookmark);
  return response;
}

struct Gwctl {
  FakeState state;
  std::string input;
  std::string out;
  std::string err;
  std::string config_file;
  bool terminal = false;
  size_t progress_columns = 0;
  size_t columns = 0;
  bool color = false;
  std::function<absl::Status(const std::string& file)> edit;
  absl::Time now = absl::FromUnixSeconds(1'700'000'000);

  int operator()(std::vector<std::string> arguments) {
    std::istringstream in(input);
    std::ostringstream out_stream;
    std::ostringstream err_stream;
    const Environment environment{.in = in,
                                  .out = out_stream,
                                  .err = err_stream,
                                  .progress = terminal,
                                  .progress_columns = progress_columns,
                                  .columns = columns,
                                  .color = color,
                                  .version = "1.2.3",
                                  .config_file = config_file,
                                  .now = [this] { return now; },
                                  .sleep = [this](absl::Duration time) { now += time; },
                                  .edit = edit,
                                  .connect =
                                      [this](const Connection& connection) {
                                        state.connection = connection;
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

#include "server/door/call.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <span>

#include <absl/strings/match.h>

#include "core/base/text.h"
#include "core/resource/kind.h"
#include "server/door/answer.h"
#include "server/door/query.h"

namespace limpet {
namespace {

using Names = std::span<const std::string_view>;

constexpr std::string_view kListParameters[] = {"namespace", "labelSelector", "limit", "continue"};
constexpr std::string_view kWatchParameters[] = {"kind", "namespace", "labelSelector",
                                                 "fromRevision"};
constexpr std::string_view kDeleteParameters[] = {"ignoreNotFound", "expectedRevision",
                                                  "validateOnly",   "allowMassDelete",
                                                  "message",        "requestId"};

DoorError error_of(const absl::Status& status) {
  return {.http_status = http_status_of(status.code()), .status = status};
}

DoorError not_allowed(std::string_view method, std::string_view allow) {
  return {
      .http_status = 405,
      .status = absl::UnimplementedError(str_cat(method, " is not possible here; ", allow, " is")),
      .allow = std::string(allow)};
}

absl::Status check_names(const Target& target, Names known) {
  for (const auto& [name, value] : target.parameters) {
    if (std::ranges::find(known, name) != known.end()) continue;
    return absl::InvalidArgumentError(
        str_cat("unknown parameter \"", name, "\"; ",
                known.empty() ? "there are none" : str_cat("known are: ", join(known, ", "))));
  }
  return absl::OkStatus();
}

// Reads parameters, and keeps the first problem.
class Parameters {
 public:
  explicit Parameters(const Target& target) : target_(target) {}

  std::string text(const std::string& name) const {
    const auto found = target_.parameters.find(name);
    return found == target_.parameters.end() ? std::string() : found->second;
  }
  bool flag(const std::string& name) {
    const auto found = target_.parameters.find(name);
    if (found == target_.parameters.end()) return false;
    return take(parse_bool(name, found->second), false);
  }
  uint64_t number(const std::string& name, uint64_t max) {
    const auto found = target_.parameters.find(name);
    if (found == target_.parameters.end()) return 0;
    return take(parse_number(name, found->second, max), uint64_t{0});
  }
  const absl::Status& status() const { return status_; }

 private:
  template <typename T>
  T take(const absl::StatusOr<T>& value, T otherwise) {
    if (value.ok()) return *value;
    status_.Update(value.status());
    return otherwise;
  }

  const Target& target_;
  absl::Status status_;
};

CallOrError finished(DoorCall call, const absl::Status& status) {
  if (!status.ok()) return error_of(status);
  return call;
}

CallOrError read_apply_head(const HttpHead& head, const Target& target) {
  if (head.method != "POST") return not_allowed(head.method, "POST");
  // A page of somebody else's can send any other type without asking.
  const std::string_view type =
      std::string_view(head.content_type).substr(0, head.content_type.find(';'));
  if (!absl::EqualsIgnoreCase(absl_view(type), "application/json")) {
    return DoorError{
        .http_status = 415,
        .status = absl::InvalidArgumentError("the Content-Type must be application/json")};
  }
  return finished(ApplyCall(), check_names(target, {}));
}

CallOrError read_watch(const HttpHead& head, const Target& target) {
  if (head.method != "GET") return not_allowed(head.method, "GET");
  Parameters parameters(target);
  v1::WatchRequest request;
  const std::string kind = parameters.text("kind");
  const KindInfo* info = find_kind_by_any_name(kind);
  request.set_kind(info == nullptr ? kind : std::string(info->kind));
  request.set_namespace_(parameters.text("namespace"));
  request.set_label_selector(parameters.text("labelSelector"));
  constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();
  request.set_from_revision(parameters.number("fromRevision", kMax));
  absl::Status status = check_names(target, kWatchParameters);
  status.Update(parameters.status());
  if (!head.last_event_id.empty()) {
    // Where it was interrupted is newer than where it once began.
    const auto id = parse_number("Last-Event-ID", head.last_event_id, kMax);
    status.Update(id.status());
    if (id.ok()) request.set_from_revision(*id);
  }
  return finished(std::move(request), status);
}

CallOrError read_list(const HttpHead& head, const Target& target, const KindInfo& kind) {
  if (head.method != "GET") return not_allowed(head.method, "GET");
  Parameters parameters(target);
  v1::ListRequest request;
  request.set_kind(std::string(kind.kind));
  request.set_namespace_(parameters.text("namespace"));
  request.set_label_selector(parameters.text("labelSelector"));
  request.set_limit(
      static_cast<uint32_t>(parameters.number("limit", std::numeric_limits<uint32_t>::max())));
  request.set_page_token(parameters.text("continue"));
  absl::Status status = check_names(target, kListParameters);
  status.Update(parameters.status());
  return finished(std::move(request), status);
}

CallOrError read_object_call(const HttpHead& head, const Target& target, v1::EntryKey key) {
  if (head.method == "GET") {
    v1::GetRequest request;
    *request.mutable_key() = std::move(key);
    return finished(std::move(request), check_names(target, {}));
  }
  if (head.method != "DELETE") return not_allowed(head.method, "GET, DELETE");
  Parameters parameters(target);
  v1::DeleteRequest request;
  *request.add_keys() = std::move(key);
  request.set_ignore_not_found(parameters.flag("ignoreNotFound"));
  v1::ChangeOptions& options = *request.mutable_options();
  options.set_expected_revision(
      parameters.number("expectedRevision", std::numeric_limits<uint64_t>::max()));
  options.set_validate_only(parameters.flag("validateOnly"));
  options.set_allow_mass_delete(parameters.flag("allowMassDelete"));
  options.set_message(parameters.text("message"));
  options.set_request_id(parameters.text("requestId"));
  absl::Status status = check_names(target, kDeleteParameters);
  status.Update(parameters.status());
  return finished(std::move(request), status);
}

DoorError no_such_path() {
  std::vector<std::string_view> plurals;
  for (const KindInfo& kind : user_kinds()) plurals.push_back(kind.plural);
  return error_of(absl::NotFoundError(
      str_cat("no such path; there are /v1/apply, /v1/watch, and /v1/KIND with KIND of ",
              join(plurals, ", "), " (GET /openapi.yaml tells all)")));
}

}  // namespace

std::string_view name_of(const DoorCall& call) {
  constexpr std::string_view kNames[] = {"Apply", "Get", "List", "Delete", "Watch"};
  return kNames[call.index()];
}

CallOrError read_call(const HttpHead& head) {
  const absl::StatusOr<Target> target = parse_target(head.target);
  if (!target.ok()) return error_of(target.status());
  const std::vector<std::string>& path = target->path;
  if (path.size() < 2 || path[0] != "v1") return no_such_path();
  if (path.size() == 2 && path[1] == "apply") return read_apply_head(head, *target);
  if (path.size() == 2 && path[1] == "watch") return read_watch(head, *target);
  const auto kinds = user_kinds();
  const auto kind = std::ranges::find(kinds, path[1], &KindInfo::plural);
  if (kind == kinds.end()) return no_such_path();
  if (path.size() == 2) return read_list(head, *target, *kind);
  const size_t segments = kind->namespaced ? 4 : 3;
  if (path.size() != segments || path.back().empty()) {
    return error_of(
        absl::NotFoundError(str_cat("no such path; one of these objects is /v1/", kind->plural,
                                    kind->namespaced ? "/NAMESPACE/NAME" : "/NAME")));
  }
  v1::EntryKey key;
  key.set_kind(std::string(kind->kind));
  if (kind->namespaced) key.set_namespace_(path[2]);
  key.set_name(path.back());
  return read_object_call(head, *target, std::move(key));
}

std::string_view host_of(std::string_view header) {
  if (header.starts_with('[')) return header.substr(1, header.find(']') - 1);
  return header.substr(0, header.rfind(':'));
}

}  // namespace limpet
